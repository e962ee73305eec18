with landed as (
    select * from {{ source('raw', 'shop_promotions') }}
),

{{ typed_rows('shop_promotions') }},

judged as (
    select
        typed.*,
        {{ judgement('shop_promotions', rules=[('end_before_start', 'ends_at', 'ends_at < starts_at')]) }}
    from typed
),

{{ row_verdicts('shop_promotions') }}

select * from verdicts
