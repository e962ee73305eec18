with judged as (
    select * from {{ ref('base_shop__promotion_exposures') }}
),

staged as (
    select
        -- ids
        promotion_id,
        customer_id,

        -- flags
        is_holdout,

        -- times
        exposed_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
