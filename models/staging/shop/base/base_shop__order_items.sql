{{ config(**replace_keys('order_item_id')) }}
with landed as (
    select * from {{ source('raw', 'shop_order_items') }}
    {{ only_touched('shop_order_items', {'order_id': 'int_touched_orders'}) }}
),

{{ typed_rows('shop_order_items') }},

known_orders as (
    select * from {{ ref('int_known_orders') }}
),

judged as (
    select
        typed.*,
        {{ judgement('shop_order_items', references={'order_id': 'known_orders'}) }}
    from typed
    left join known_orders on typed.order_id = known_orders.order_id
),

{{ row_verdicts('shop_order_items') }}

select * from verdicts
