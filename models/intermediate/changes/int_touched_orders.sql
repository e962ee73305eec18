-- Ids of orders that a delivery touches: of which rows have come, or whose customer record is touched.
with orders as (
    select * from {{ ref('base_shop__orders') }}
),

new_orders as (
    select * from orders
    where {{ is_new('shop_orders') }}
),

records as (
    select * from {{ ref('int_touched_records') }}
),

touched as (
    select order_id from new_orders

    union

    select orders.order_id
    from orders
    inner join records on orders.customer_id = records.customer_id
),

named as (
    select * from touched
    where order_id is not null
)

select * from named
