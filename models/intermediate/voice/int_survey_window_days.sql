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
    inner join dates on windows.window_start <= dates.date_day and windows.seen_until > dates.date_day
)

select * from window_days
