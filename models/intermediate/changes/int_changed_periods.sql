-- Periods that begin, end or vanish since the last build: every customer's row of them is worked out anew.
-- Where the as-of date moved back, those that are still open are among them.
with moved as (
    select as_of.as_of_date < earlier.as_of_date as is_back
    from {{ ref('int_as_of') }} as as_of
    cross join {{ as_last_built('int_as_of') }} as earlier
),

periods as (
    select
        periods.period_grain,
        periods.period_start,
        periods.is_complete,
        case when moved.is_back then periods.seen_until end as seen_until
    from {{ ref('dim_periods') }} as periods
    cross join moved
),

earlier as (
    select
        periods.period_grain,
        periods.period_start,
        periods.is_complete,
        case when moved.is_back then periods.seen_until end as seen_until
    from {{ as_last_built('dim_periods') }} as periods
    cross join moved
),

sides as (
    select
        *,
        1 as side
    from periods

    union all

    select
        *,
        -1 as side
    from earlier
),

differences as (
    select
        period_grain,
        period_start
    from sides
    group by period_grain, period_start, is_complete, seen_until
    having sum(side) <> 0
),

changed as (
    select distinct
        period_grain,
        period_start
    from differences
)

select * from changed
