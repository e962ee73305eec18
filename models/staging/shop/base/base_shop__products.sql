with landed as (
    select * from {{ source('raw', 'shop_products') }}
),

{{ typed_rows('shop_products') }},

judged as (
    select
        typed.*,
        {{ first_fault('shop_products') }} as _fault,
        {{ is_unseen('shop_products') }} as _is_unseen
    from typed
),

{{ row_verdicts('shop_products') }}

select * from verdicts
