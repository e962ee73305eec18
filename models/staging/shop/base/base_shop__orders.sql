with landed as (
    select * from {{ source('raw', 'shop_orders') }}
),

{{ typed_rows('shop_orders') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ first_fault('shop_orders', references={'customer_id': 'known_customers.is_staged'}) }} as _fault,
        {{ is_unseen('shop_orders', parents=['known_customers.is_unseen']) }} as _is_unseen
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('shop_orders') }}

select * from verdicts
