with date_periods as (
    select distinct date_day from {{ ref('int_date_periods') }}
),

dates as (
    select
        date_day,
        cast(extract(year from date_day) as int) as year_number,
        cast(extract(quarter from date_day) as int) as quarter_number,
        cast(extract(month from date_day) as int) as month_number,
        cast(extract(day from date_day) as int) as day_of_month,
        -- Monday is 1: 1990-01-01 was one.
        cast(
            {{ days_between("cast('1990-01-01' as date)", 'date_day') }}
            - 7 * floor({{ ratio(days_between("cast('1990-01-01' as date)", 'date_day'), 7) }}) + 1 as int
        ) as day_of_week,
        {{ period_start('week', 'date_day') }} as week_start,
        {{ period_start('month', 'date_day') }} as month_start,
        {{ period_start('quarter', 'date_day') }} as quarter_start,
        {{ period_start('year', 'date_day') }} as year_start
    from date_periods
)

select * from dates
