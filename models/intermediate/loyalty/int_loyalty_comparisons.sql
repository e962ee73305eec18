-- Each customer of a period, or buyer in it, by whether a member of a loyalty programme at its start.
{% set slices = restated_slices() %}
{{ config(**replace_slices(slices)) }}
with customer_periods as (
    select * from {{ ref('int_customer_periods') }}
    {{ only(slices) }}
),

purchases as (
    select * from {{ ref('fct_customer_periods') }}
    where
        basis = 'purchase'
        {{ only(slices, word='and') }}
),

tier_days as (
    select * from {{ ref('int_loyalty_tier_days') }}
),

compared as (
    select
        customer_periods.customer_id,
        customer_periods.period_grain,
        customer_periods.period_start,
        customer_periods.period_end,
        customer_periods.is_complete,
        {% for attribute in segment_attributes() %}
        customer_periods.{{ attribute }},
        {% endfor %}
        tier_days.customer_id is not null as is_member,
        coalesce(purchases.orders, 0) as orders,
        coalesce(purchases.net_order_value, cast(0 as decimal(18, 4))) as net_order_value,
        customer_periods.is_current_at_start,
        customer_periods.is_lost
    from customer_periods
    left join purchases
        on
            customer_periods.customer_id = purchases.customer_id
            and customer_periods.period_grain = purchases.period_grain
            and customer_periods.period_start = purchases.period_start
    left join tier_days
        on
            {{ in_force('tier_days', 'customer_periods.customer_id', 'customer_periods.period_start') }}
    where customer_periods.is_current_at_start or customer_periods.is_current_at_end or purchases.orders > 0
)

select * from compared
