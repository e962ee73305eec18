-- Periods at whose end everybody's points are worth something else than at the last build: another last day is seen,
-- another rate counts on it, or a programme has changed.
with changed as (
    select * from {{ ref('int_changed_periods') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

periods_earlier as (
    select * from {{ as_last_built('dim_periods') }}
),

rates as (
    select * from {{ ref('int_changed_rates') }}
),

now as (
    select * from {{ ref('stg_loyalty__programmes') }}
),

earlier as (
    select * from {{ as_last_built('stg_loyalty__programmes') }}
),

{{ differences(['programme_id', 'programme_type', 'currency', 'currency_per_point']) }},

revalued as (
    select
        period_grain,
        period_start
    from changed

    union

    select
        periods.period_grain,
        periods.period_start
    from periods
    inner join periods_earlier
        on periods.period_grain = periods_earlier.period_grain and periods.period_start = periods_earlier.period_start
    where periods.seen_until <> periods_earlier.seen_until

    union

    select
        periods.period_grain,
        periods.period_start
    from periods
    inner join rates
        on
            {{ counts_on('rates', add_days('periods.seen_until', -1)) }}

    union

    select
        period_grain,
        period_start
    from periods
    where (select count(*) from differences) > 0
)

select * from revalued
