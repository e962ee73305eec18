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

-- Lengths are few, sessions are many: each length once, with how many sessions had it.
lengths as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        seconds,
        count(*) as sessions
    from in_periods
    {{ group_by_segments(keys + ['seconds']) }}  -- noqa: PRS
),

ranked as (
    select
        *,
        sum(sessions) over (
            partition by {{ keys | join(', ') }}, segment_name, segment_value
            order by seconds nulls last
            rows between unbounded preceding and current row
        ) as sessions_up_to,
        sum(sessions) over (partition by {{ keys | join(', ') }}, segment_name, segment_value) as all_sessions
    from lengths
),

-- the session in the middle, or the two around it
totals as (
    select
        {{ keys | join(', ') }},
        segment_name,
        segment_value,
        {{ ratio(
            'min(case when 2 * sessions_up_to >= all_sessions then seconds end)'
            ~ ' + min(case when 2 * sessions_up_to > all_sessions then seconds end)', 2
        ) }} as median_session_seconds
    from ranked
    group by {{ keys | join(', ') }}, segment_name, segment_value
)

select * from totals
