{{ config(**replace_keys('customer_id')) }}
with landed as (
    select * from {{ source('raw', 'shop_promotion_exposures') }}
    {{ only_touched('shop_promotion_exposures', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('shop_promotion_exposures') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('shop_promotion_exposures', references={'customer_id': 'known_customers'}) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('shop_promotion_exposures') }}

select * from verdicts
