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

new_items as (
    select * from items
    where {{ is_new('shop_order_items') }}
),

new_products as (
    select * from {{ ref('base_shop__products') }}
    where {{ is_new('shop_products') }}
),

refunds as (
    select * from {{ ref('base_shop__refunds') }}
),

touched_refunds as (
    select * from {{ ref('int_touched_refunds') }}
),

touched_orders as (
    select * from {{ ref('int_touched_orders') }}
),

records as (
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

    -- every version of a row: it may have belonged to another order
    select items.order_id
    from items
    inner join new_items on items.order_item_id = new_items.order_item_id

    union

    select items.order_id
    from items
    inner join new_products on items.product_id = new_products.product_id

    union

    select refunds.order_id
    from refunds
    inner join touched_refunds on refunds.refund_id = touched_refunds.refund_id

    union

    select orders.order_id
    from orders
    inner join records on orders.customer_id = records.record_id

    union

    select orders.order_id
    from orders
    inner join guests on orders.guest_email = guests.guest_email

    union

    select orders.order_id
    from orders
    inner join rates
        on
            orders.currency = rates.currency
            and {{ counts_on('rates', 'orders.ordered_on') }}
),

named as (
    select * from changed
    where order_id is not null
)

select * from named
