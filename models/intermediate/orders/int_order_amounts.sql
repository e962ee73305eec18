-- Each order with its customer, its business day and its amounts in the reporting currency.
{% set slices = {'order_id': 'int_changed_orders'} %}
{{ config(**replace_slices(slices)) }}
with orders as (
    select * from {{ ref('stg_shop__orders') }}
    {{ only(slices) }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

guests as (
    select * from {{ ref('int_guest_customers') }}
),

rates as (
    select * from {{ ref('int_exchange_rates') }}
),

dated as (
    select
        orders.*,
        {{ business_day('orders.ordered_at') }} as ordered_on,
        coalesce(orders.currency, '{{ var("reporting_currency") }}') as order_currency,
        coalesce(orders.discount_amount, cast(0 as decimal(18, 4))) as discount_local,
        coalesce(orders.shipping_amount, cast(0 as decimal(18, 4))) as shipping_local,
        coalesce(orders.tax_amount, cast(0 as decimal(18, 4))) as tax_local,
        coalesce(identities.customer_id, guests.customer_id) as person_id
    from orders
    left join identities on orders.customer_id = identities.record_id
    left join guests on orders.customer_id is null and orders.guest_email = guests.guest_email
),

converted as (
    select
        -- ids
        dated.order_id,
        dated.person_id as customer_id,
        dated.promotion_id,

        -- text
        dated.status,
        dated.sales_channel,
        dated.order_currency as currency,

        -- numbers
        rates.rate,
        dated.gross_amount as gross_amount_local,
        dated.discount_local as discount_amount_local,
        {{ to_reporting('dated.gross_amount', 'rates.rate') }} as gross_amount,
        {{ to_reporting('dated.discount_local', 'rates.rate') }} as discount_amount,
        {{ to_reporting('dated.shipping_local', 'rates.rate') }} as shipping_amount,
        {{ to_reporting('dated.tax_local', 'rates.rate') }} as tax_amount,

        -- flags
        coalesce(dated.is_test, false) as is_test,

        -- times
        dated.ordered_on,
        dated.ordered_at
    from dated
    left join rates
        on
            dated.order_currency = rates.currency
            and {{ counts_on('rates', 'dated.ordered_on') }}
)

select * from converted
