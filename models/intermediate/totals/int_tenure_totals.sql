-- First spells by the days they lasted, ended or still open on the as-of date, by segment.
{% set keys = ['basis', 'tenure_days'] %}
with customers as (
    select * from {{ ref('int_cohort_customers') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

tenures as (
    select
        customers.*,
        cast({{ days_between('customers.started_on', 'coalesce(customers.ended_on, as_of.as_of_date)') }} as int)
            as tenure_days
    from customers
    cross join as_of
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(count(*) as bigint) as customers,
        cast(sum(case when ended_on is not null then 1 else 0 end) as bigint) as ended_customers
    from tenures
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
