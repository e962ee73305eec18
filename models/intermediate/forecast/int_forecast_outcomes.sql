-- What each forecast of a past day, and each naive rival, expected of customers within a horizon, and what came:
-- customers with the same expectation and the same outcome are counted together.
{% set keys = ['forecast_on', 'basis', 'horizon_days', 'model_name', 'expected', 'probability', 'actual'] %}
{% set per_day = ratio('buyers.repeats + 1', 'buyers.age_days') %}
with days as (
    select * from {{ ref('int_forecast_days') }}
    where weeks_ago > 0
),

buyers as (
    select * from {{ ref('int_forecast_buyers') }}
    where age_days > 0
),

subscribers as (
    select * from {{ ref('int_forecast_subscribers') }}
    where followed_days >= 90
),

forecasts as (
    select * from {{ source('forecasts', 'customer_forecasts') }}
),

-- The textbook's product of averages: everybody buys as often as all together have so far.
base as (
    select
        forecast_on,
        {{ ratio('sum(repeats + 1)', 'sum(age_days)') }} as orders_a_day
    from buyers
    group by forecast_on
),

-- Whoever subscribed on the forecast day before: the share of them that left.
left_before as (
    select
        forecast_on,
        {{ ratio('sum(case when left_after_days < 90 then 1 else 0 end)', 'count(*)') }} as share_left
    from subscribers
    group by forecast_on
),

earlier as (
    select
        days.forecast_on,
        max(left_before.forecast_on) as earlier_on
    from days
    inner join left_before on {{ days_between('left_before.forecast_on', 'days.forecast_on') }} >= 90
    group by days.forecast_on
),

outcomes as (
    {% for horizon in [30, 90, 365] %}
    {% for model, expected, probability in [
        ('forecast', 'forecasts.expected_orders_' ~ horizon ~ 'd', 'forecasts.p_buy_' ~ horizon ~ 'd'),
        ('last_period', 'buyers.order_days_before_' ~ horizon,
            'case when buyers.order_days_before_' ~ horizon ~ ' > 0 then 1 else 0 end'),
        ('own_rate', '(' ~ per_day ~ ') * ' ~ horizon, '1 - exp(-(' ~ per_day ~ ') * ' ~ horizon ~ ')'),
        ('product_formula', 'base.orders_a_day * ' ~ horizon, '1 - exp(-base.orders_a_day * ' ~ horizon ~ ')'),
    ] %}
    select
        buyers.forecast_on,
        'purchase' as basis,
        {{ horizon }} as horizon_days,
        '{{ model }}' as model_name,
        cast({{ expected }} as decimal(18, 9)) as expected,
        cast({{ probability }} as decimal(18, 9)) as probability,
        buyers.order_days_{{ horizon }} as actual
    from buyers
    inner join days on buyers.forecast_on = days.forecast_on
    inner join base on buyers.forecast_on = base.forecast_on
    {% if model == 'forecast' %}
    left join forecasts
        on
            buyers.forecast_on = forecasts.forecast_on
            and buyers.customer_id = forecasts.customer_id
            and forecasts.basis = 'purchase'
    {% endif %}
    where buyers.order_days_{{ horizon }} is not null

    union all
    {% endfor %}
    {% endfor %}
    {% for model, probability in [('forecast', 'forecasts.p_churn_90d'), ('last_period', 'left_before.share_left')] %}
    select
        subscribers.forecast_on,
        'subscription' as basis,
        90 as horizon_days,
        '{{ model }}' as model_name,
        cast({{ probability }} as decimal(18, 9)) as expected,
        cast({{ probability }} as decimal(18, 9)) as probability,
        case when subscribers.left_after_days < 90 then 1 else 0 end as actual
    from subscribers
    inner join days on subscribers.forecast_on = days.forecast_on
    {% if model == 'forecast' %}
    left join forecasts
        on
            subscribers.forecast_on = forecasts.forecast_on
            and subscribers.customer_id = forecasts.customer_id
            and forecasts.basis = 'subscription'
    {% else %}
    inner join earlier on subscribers.forecast_on = earlier.forecast_on
    inner join left_before on earlier.earlier_on = left_before.forecast_on
    {% endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select
        {{ keys | join(',\n        ') }},
        cast(count(*) as int) as customers
    from outcomes
    where expected is not null
    group by {{ keys | join(', ') }}
)

select * from counted
