-- Each refund with its customer, its business day and its amount in the reporting currency of that day.
{% set slices = {
    'customer_id': 'int_touched_customers', 'order_id': 'int_changed_orders', 'refund_id': 'int_touched_refunds'
} %}
{{ config(**replace_slices(slices)) }}
with refunds as (
    select * from {{ ref('stg_shop__refunds') }}
),

orders as (
    select * from {{ ref('int_order_amounts') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

rates as (
    select * from {{ ref('int_exchange_rates') }}
),

dated as (
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.reason,
        refunds.amount as amount_local,
        refunds.refunded_at,
        orders.currency as order_currency,
        orders.rate as order_rate,
        coalesce(orders.customer_id, identities.customer_id) as customer_id,
        coalesce(refunds.currency, '{{ var("reporting_currency") }}') as currency,
        {{ business_day('refunds.refunded_at') }} as refunded_on
    from refunds
    left join orders on refunds.order_id = orders.order_id
    left join identities on refunds.customer_id = identities.record_id
),

touched as (
    select * from dated
    {{ only(slices) }}
),

converted as (
    select
        -- ids
        touched.refund_id,
        touched.order_id,
        touched.customer_id,

        -- text
        touched.currency,
        touched.reason,

        -- numbers
        touched.amount_local,
        {{ to_reporting('touched.amount_local', 'rates.rate') }} as amount,
        -- what it takes off the order itself: in the order's currency where both are the same
        case
            when touched.currency = touched.order_currency
                then {{ to_reporting('touched.amount_local', 'touched.order_rate') }}
            when touched.order_id is not null then {{ to_reporting('touched.amount_local', 'rates.rate') }}
        end as amount_at_order_rate,

        -- times
        touched.refunded_on,
        touched.refunded_at
    from touched
    left join rates
        on
            touched.currency = rates.currency
            and {{ counts_on('rates', 'touched.refunded_on') }}
)

select * from converted
