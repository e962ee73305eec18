with judged as (
    select * from {{ ref('base_shop__products') }}
),

staged as (
    select
        -- ids
        product_id,

        -- text
        product_name,
        category,
        currency,

        -- numbers
        unit_cost,

        -- times
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
