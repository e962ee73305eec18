-- Ids of orders of which anything may have changed: themselves, their items, refunds, customer, product costs or rates.
with orders as (
    select * from {{ ref('base_shop__orders') }}
),

items as (
    select * from {{ ref('base_shop__order_items') }}
),

touched_items as (
    select * from {{ ref('int_touched_items') }}
),

products as (
    select
        product_id,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency
    from {{ ref('stg_shop__products') }}
),

changed_products as (
    select * from {{ ref('int_changed_products') }}
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

dated_orders as (
    select
        order_id,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency,
        {{ business_day('ordered_at') }} as ordered_on
    from orders
    where {{ may_count_on('rates', 'ordered_at') }}
),

changed as (
    select order_id from touched_orders

    union

    -- every version of a row: it may have belonged to another order
    select items.order_id
    from items
    inner join touched_items on items.order_item_id = touched_items.order_item_id

    union

    select items.order_id
    from items
    inner join changed_products on items.product_id = changed_products.product_id

    union

    -- what a product costs is converted on the day of the order
    select items.order_id
    from items
    inner join products on items.product_id = products.product_id
    inner join dated_orders on items.order_id = dated_orders.order_id
    inner join rates
        on
            products.currency = rates.currency
            and {{ counts_on('rates', 'dated_orders.ordered_on') }}

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

    select dated_orders.order_id
    from dated_orders
    inner join rates
        on
            dated_orders.currency = rates.currency
            and {{ counts_on('rates', 'dated_orders.ordered_on') }}
),

named as (
    select * from changed
    where order_id is not null
)

select * from named
