-- Today's forecast of every buyer and subscriber. It counts only while the customer's summary is the one that it was
-- made from: data that came since make it stale, and a stale forecast says so and tells nothing.
{% set figures = [
    'fallback_reason', 'model_version', 'trained_from', 'trained_until', 'p_alive', 'p_buy_30d', 'p_buy_90d',
    'p_buy_365d', 'p_churn_90d', 'expected_orders_30d', 'expected_orders_90d', 'orders_lower_90d', 'orders_upper_90d',
    'expected_orders_365d', 'orders_lower_365d', 'orders_upper_365d', 'expected_margin_90d', 'margin_lower_90d',
    'margin_upper_90d', 'expected_margin_365d', 'margin_lower_365d', 'margin_upper_365d', 'clv_12m',
] %}
with today as (
    select * from {{ ref('int_forecast_days') }}
    where weeks_ago = 0
),

buyers as (
    select * from {{ ref('int_forecast_buyers') }}
),

subscribers as (
    select * from {{ ref('int_forecast_subscribers') }}
),

forecasts as (
    select * from {{ source('forecasts', 'customer_forecasts') }}
),

customers as (
    select
        buyers.forecast_on,
        buyers.customer_id,
        'purchase' as basis,
        buyers.repeats,
        buyers.recency_days,
        cast(null as int) as tenure_days
    from buyers
    inner join today on buyers.forecast_on = today.forecast_on

    union all

    select
        subscribers.forecast_on,
        subscribers.customer_id,
        'subscription' as basis,
        cast(null as int) as repeats,
        cast(null as int) as recency_days,
        subscribers.tenure_days
    from subscribers
    inner join today on subscribers.forecast_on = today.forecast_on
),

ever as (
    select distinct
        customer_id,
        basis
    from forecasts
),

joined as (
    select
        customers.forecast_on,
        customers.customer_id,
        customers.basis,
        case
            when ever.customer_id is null then 'none'
            when forecasts.customer_id is null then 'stale'
            when forecasts.fallback_reason is not null then 'fallback'
            else 'fitted'
        end as forecast_status,
        forecasts.{{ figures | join(',\n        forecasts.') }}
    from customers
    left join ever on customers.customer_id = ever.customer_id and customers.basis = ever.basis
    left join forecasts
        on
            customers.customer_id = forecasts.customer_id
            and customers.basis = forecasts.basis
            and customers.forecast_on = forecasts.forecast_on
            and coalesce(customers.repeats, -1) = coalesce(forecasts.repeats, -1)
            and coalesce(customers.recency_days, -1) = coalesce(forecasts.recency_days, -1)
            and coalesce(customers.tenure_days, -1) = coalesce(forecasts.tenure_days, -1)
)

select * from joined
