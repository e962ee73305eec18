-- Size of each cohort, by segment, and how many of it were last active in each month.
{% set keys = ['basis', 'cohort_month', 'last_active_month'] %}
with customers as (
    select * from {{ ref('int_cohort_customers') }}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(count(*) as bigint) as customers
    from customers
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
