{{ config(**replace_keys('review_id')) }}
with landed as (
    select * from {{ source('raw', 'voice_product_reviews') }}
    {{ only_touched('voice_product_reviews', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('voice_product_reviews') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('voice_product_reviews', references={'customer_id': 'known_customers'}) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('voice_product_reviews') }}

select * from verdicts
