-- Ids of orders of which anything may have changed: themselves, their items, refunds, customer or exchange rate.
with orders as (
    select
        order_id,
        customer_id,
        guest_email,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency,
        {{ business_day('ordered_at') }} as ordered_on
    from {{ ref('base_shop__orders') }}
),

items as (
    select * from {{ ref('base_shop__order_items') }}
),

refunds as (
    select * from {{ ref('base_shop__refunds') }}
),

new_items as (
    select order_item_id from {{ source('raw', 'shop_order_items') }}
    where {{ is_new('shop_order_items') }}
),

new_refunds as (
    select refund_id from {{ source('raw', 'shop_refunds') }}
    where {{ is_new('shop_refunds') }}
),

new_products as (
    select product_id from {{ source('raw', 'shop_products') }}
    where {{ is_new('shop_products') }}
),

touched_orders as (
    select * from {{ ref('int_touched_orders') }}
),

changed_records as (
    select * from {{ ref('int_changed_records') }}
),

guests as (
    select * from {{ ref('int_touched_guests') }}
),

rates as (
    select * from {{ ref('int_changed_rates') }}
),

changed as (
    select order_id from touched_orders
    union
    select order_id from items
    where
        order_item_id in (select order_item_id from new_items)
        or product_id in (select product_id from new_products)
    union
    select order_id from refunds
    where refund_id in (select refund_id from new_refunds)
    union
    select order_id from orders
    where
        customer_id in (select record_id from changed_records)
        or guest_email in (select guest_email from guests)
    union
    select orders.order_id
    from orders
    inner join rates
        on
            orders.currency = rates.currency
            and {{ counts_on('rates', 'orders.ordered_on') }}
)

select * from changed
where order_id is not null
