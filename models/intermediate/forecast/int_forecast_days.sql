-- Days from which is forecast: today, and days of the past on which a forecast is held against what came after. In
-- pairs they lie 52 weeks apart, so that a season is looked up in the same weeks of the year before.
{% set weeks_ago = [0, 16, 32, 52, 68, 84, 104] %}
with as_of as (
    select * from {{ ref('int_as_of') }}
),

first_day as (
    select min(started_on) as first_started_on from {{ ref('fct_customer_spells') }}
),

weeks as (
    {% for weeks in weeks_ago %}
    select {{ weeks }} as weeks_ago
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

dated as (
    select
        cast(weeks.weeks_ago as int) as weeks_ago,
        {{ add_days('as_of.as_of_date', '-7 * weeks.weeks_ago') }} as forecast_on,
        as_of.as_of_date
    from weeks
    cross join as_of
),

days as (
    select dated.*
    from dated
    cross join first_day
    where dated.weeks_ago = 0 or dated.forecast_on > first_day.first_started_on
)

select * from days
