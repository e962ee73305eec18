{% set slices = {
    'customer_id': 'int_touched_customers', 'order_id': 'int_changed_orders', 'refund_id': 'int_touched_refunds'
} %}
{{ config(**replace_slices(slices)) }}
with refunds as (
    select * from {{ ref('int_refund_amounts') }}
    {{ only(slices) }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

counted as (
    select
        -- ids
        refunds.refund_id,
        refunds.order_id,
        refunds.customer_id,

        -- text
        refunds.reason,
        refunds.currency,

        -- numbers
        refunds.amount,
        refunds.amount_local,

        -- flags
        coalesce(orders.is_valid, true) and not coalesce(customers.is_test, false) as is_counted,

        -- times
        orders.ordered_on,
        refunds.refunded_on,
        refunds.refunded_at
    from refunds
    left join orders on refunds.order_id = orders.order_id
    left join customers on refunds.customer_id = customers.customer_id
)

select * from counted
