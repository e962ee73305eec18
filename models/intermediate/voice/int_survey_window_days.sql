-- Each day in each survey window that sees it.
with windows as (
    select * from {{ ref('int_survey_windows') }}
),

dates as (
    select date_day from {{ ref('dim_dates') }}
),

window_days as (
    select
        windows.*,
        dates.date_day
    from windows
    inner join dates on dates.date_day >= windows.window_start and dates.date_day < windows.seen_until
)

select * from window_days
