-- Every buyer as each forecast of purchases sees him, and what he did after it.
{% set horizons = [30, 90, 365] %}
{% set weeks_of_a_season = [4, 13, 52] %}
{% set is_repeat = 'order_days.ordered_on < days.forecast_on and not order_days.is_first' %}
with days as (
    select * from {{ ref('int_forecast_days') }}
),

order_days as (
    select * from {{ ref('int_order_days') }}
),

customers as (
    select
        customer_id,
        {{ purchase_churn_days() }} as churn_days
    from {{ ref('dim_customers') }}
),

counted as (
    select
        days.forecast_on,
        days.as_of_date,
        order_days.customer_id,
        min(order_days.ordered_on) as first_ordered_on,
        max(case when order_days.ordered_on < days.forecast_on then order_days.ordered_on end) as last_ordered_on,
        min(case when order_days.ordered_on >= days.forecast_on then order_days.ordered_on end) as next_ordered_on,
        sum(case when {{ is_repeat }} then 1 else 0 end) as repeats,
        sum(case when {{ is_repeat }} then order_days.net_order_value else 0 end) as repeat_value,
        {% for horizon in horizons %}
        {% set is_after = 'order_days.ordered_on >= days.forecast_on and order_days.ordered_on < '
            ~ add_days('days.forecast_on', horizon) %}
        {% set is_before = 'order_days.ordered_on < days.forecast_on and order_days.ordered_on >= '
            ~ add_days('days.forecast_on', -horizon) %}
        sum(case when {{ is_before }} then 1 else 0 end) as order_days_before_{{ horizon }},
        sum(case when {{ is_after }} then 1 else 0 end) as order_days_{{ horizon }},
        {% endfor %}
        {% for weeks in weeks_of_a_season %}
        {% set is_after = 'order_days.ordered_on >= days.forecast_on and order_days.ordered_on < '
            ~ add_days('days.forecast_on', weeks * 7) %}
        sum(case when {{ is_after }} then 1 else 0 end) as order_days_{{ weeks }}_weeks
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from order_days
    cross join days
    group by days.forecast_on, days.as_of_date, order_days.customer_id
    having min(order_days.ordered_on) < days.forecast_on
),

summarised as (
    select
        -- ids
        counted.forecast_on,
        counted.customer_id,

        -- what the forecast knows
        cast(counted.repeats as int) as repeats,
        cast({{ days_between('counted.first_ordered_on', 'counted.last_ordered_on') }} as int) as recency_days,
        cast({{ days_between('counted.first_ordered_on', 'counted.forecast_on') }} as int) as age_days,
        cast(counted.repeat_value as decimal(18, 4)) as repeat_value,
        -- after the last order that the spell goes on for, counted from the forecast; below 0 it is over
        cast(customers.churn_days - {{ days_between('counted.last_ordered_on', 'counted.forecast_on') }} as int)
            as days_left,
        {% for horizon in horizons %}
        cast(counted.order_days_before_{{ horizon }} as int) as order_days_before_{{ horizon }},
        {% endfor %}

        -- what came after: days until the next order, if there was one; null while a horizon is not over
        cast({{ days_between('counted.forecast_on', 'counted.next_ordered_on') }} as int) as next_order_days,
        {% for horizon in horizons %}
        {% set is_over = add_days('counted.forecast_on', horizon) ~ ' <= counted.as_of_date' %}
        case when {{ is_over }} then cast(counted.order_days_{{ horizon }} as int) end as order_days_{{ horizon }},
        {% endfor %}
        {% for weeks in weeks_of_a_season %}
        {% set is_over = add_days('counted.forecast_on', weeks * 7) ~ ' <= counted.as_of_date' %}
        {% set made = 'order_days_' ~ weeks ~ '_weeks' %}
        case when {{ is_over }} then cast(counted.{{ made }} as int) end as {{ made }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from counted
    inner join customers on counted.customer_id = customers.customer_id
)

select * from summarised
