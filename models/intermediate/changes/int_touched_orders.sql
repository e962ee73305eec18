-- Ids of orders that a delivery touches: of which rows have come, or whose customer record is touched.
with orders as (
    select
        order_id,
        customer_id,
        {{ is_new('shop_orders') }} as is_new
    from {{ source('raw', 'shop_orders') }}
),

records as (
    select * from {{ ref('int_touched_records') }}
),

touched as (
    select distinct order_id
    from orders
    where is_new or customer_id in (select customer_id from records)
)

select * from touched
where order_id is not null
