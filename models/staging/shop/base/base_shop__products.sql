with landed as (
    select * from {{ source('raw', 'shop_products') }}
),

{{ typed_rows('shop_products') }},

judged as (
    select
        typed.*,
        {{ judgement('shop_products') }}
    from typed
),

{{ row_verdicts('shop_products') }}

select * from verdicts
