-- Median length of the sessions in each period, by segment: a median does not add up, so it is taken of the sessions.
{% set keys = ['period_grain', 'period_start'] %}
with sessions as (
    select * from {{ ref('int_customer_sessions') }}
    where seconds is not null
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

customers as (
    select * from {{ ref('int_engagement_customers') }}
    where visits > 0
),

in_periods as (
    select
        customers.{{ (keys + segment_attributes()) | join(', customers.') }},
        sessions.seconds
    from sessions
    inner join date_periods on sessions.visited_on = date_periods.date_day
    inner join customers
        on
            sessions.customer_id = customers.customer_id
            and date_periods.period_grain = customers.period_grain
            and date_periods.period_start = customers.period_start
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        {{ percentile('seconds', 0.5) }} as median_session_seconds
    from in_periods
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
