with landed as (
    select * from {{ source('raw', 'shop_order_items') }}
),

{{ typed_rows('shop_order_items') }},

known_orders as (
    select * from {{ ref('int_known_orders') }}
),

judged as (
    select
        typed.*,
        {{ first_fault('shop_order_items', references={'order_id': 'known_orders.is_staged'}) }} as _fault,
        {{ is_unseen('shop_order_items', parents=['known_orders.is_unseen']) }} as _is_unseen
    from typed
    left join known_orders on typed.order_id = known_orders.order_id
),

{{ row_verdicts('shop_order_items') }}

select * from verdicts
