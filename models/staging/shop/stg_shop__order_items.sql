with judged as (
    select * from {{ ref('base_shop__order_items') }}
),

staged as (
    select
        -- ids
        order_item_id,
        order_id,
        product_id,

        -- numbers
        quantity,
        unit_price,
        unit_cost,

        -- times
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
