{{ config(**replace_keys('order_id')) }}
with landed as (
    select * from {{ source('raw', 'shop_orders') }}
    {{ only_touched('shop_orders', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('shop_orders') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('shop_orders', references={'customer_id': 'known_customers'}) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('shop_orders') }}

select * from verdicts
