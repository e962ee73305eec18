with judged as (
    select * from {{ ref('base_shop__promotions') }}
),

staged as (
    select
        -- ids
        promotion_id,

        -- text
        promotion_name,
        promotion_type,
        audience,

        -- numbers
        discount_value,

        -- times
        starts_at,
        ends_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
