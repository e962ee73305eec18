{% set amounts = [
    'expected_margin_90d', 'margin_lower_90d', 'margin_upper_90d', 'expected_margin_365d', 'margin_lower_365d',
    'margin_upper_365d', 'clv_12m'
] %}
with forecasts as (
    select * from {{ ref('int_todays_forecasts') }}
),

listed as (
    select
        -- ids
        customer_id,
        basis,

        -- text
        forecast_status,
        fallback_reason,
        model_version,

        -- dates
        forecast_on,
        trained_from,
        trained_until,

        -- chances
        p_alive,
        p_buy_30d,
        p_buy_90d,
        p_buy_365d,
        p_churn_90d,

        -- orders
        expected_orders_30d,
        expected_orders_90d,
        orders_lower_90d,
        orders_upper_90d,
        expected_orders_365d,
        orders_lower_365d,
        orders_upper_365d,

        -- money
        {% for amount in amounts %}
        cast({{ amount }} as decimal(18, 4)) as {{ amount }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from forecasts
)

select * from listed
