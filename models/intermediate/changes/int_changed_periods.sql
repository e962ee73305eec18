-- Periods that begin, end or vanish since the last build: every customer's row of them is worked out anew.
-- Where the as-of date moved back, those that are still open are among them.
with periods_now as (
    select * from {{ ref('dim_periods') }}
),

periods_earlier as (
    select * from {{ as_last_built('dim_periods') }}
),

as_of_now as (
    select * from {{ ref('int_as_of') }}
),

as_of_earlier as (
    select * from {{ as_last_built('int_as_of') }}
),

moved as (
    select as_of_now.as_of_date < as_of_earlier.as_of_date as is_back
    from as_of_now
    cross join as_of_earlier
),

now as (
    select
        periods_now.period_grain,
        periods_now.period_start,
        periods_now.is_complete,
        case when moved.is_back then periods_now.seen_until end as seen_until
    from periods_now
    cross join moved
),

earlier as (
    select
        periods_earlier.period_grain,
        periods_earlier.period_start,
        periods_earlier.is_complete,
        case when moved.is_back then periods_earlier.seen_until end as seen_until
    from periods_earlier
    cross join moved
),

{{ differences(['period_grain', 'period_start', 'is_complete', 'seen_until']) }},

changed as (
    select distinct
        period_grain,
        period_start
    from differences
)

select * from changed
