-- Periods that changed, and those before them: what links a period with the next one is counted whole again for these.
with changed as (
    select * from {{ ref('int_changed_periods') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

relinked as (
    select
        period_grain,
        period_start
    from changed

    union

    select
        periods.period_grain,
        periods.period_start
    from periods
    inner join changed on periods.period_grain = changed.period_grain and periods.period_end = changed.period_start
)

select * from relinked
