with date_periods as (
    select * from {{ ref('int_date_periods') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

periods as (
    select distinct
        date_periods.period_grain,
        date_periods.period_start,
        date_periods.period_end,
        case
            when date_periods.period_end < as_of.as_of_date then date_periods.period_end else as_of.as_of_date
        end as seen_until,
        date_periods.period_end <= as_of.as_of_date as is_complete
    from date_periods
    cross join as_of
)

select * from periods
