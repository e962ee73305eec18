{{ config(**replace_keys('refund_id')) }}
with landed as (
    select * from {{ source('raw', 'shop_refunds') }}
    {{ only_touched('shop_refunds', {
        'order_id': 'int_touched_orders', 'customer_id': 'int_touched_records'
    }) }}
),

{{ typed_rows('shop_refunds') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

known_orders as (
    select * from {{ ref('int_known_orders') }}
),

judged as (
    select
        typed.*,
        {{ judgement('shop_refunds', references={'order_id': 'known_orders', 'customer_id': 'known_customers'}, rules=[
            ('no_reference', 'order_id', 'typed.order_id is null and typed.customer_id is null')
        ]) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
    left join known_orders on typed.order_id = known_orders.order_id
),

{{ row_verdicts('shop_refunds') }}

select * from verdicts
