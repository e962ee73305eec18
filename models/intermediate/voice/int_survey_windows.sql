-- The windows over which NPS is taken: each period, and the 90 days before its end.
with periods as (
    select * from {{ ref('dim_periods') }}
),

windows as (
    select
        'period' as window_name,
        *,
        period_start as window_start
    from periods

    union all

    select
        'rolling_90d' as window_name,
        *,
        {{ add_days('seen_until', -90) }} as window_start
    from periods
)

select * from windows
