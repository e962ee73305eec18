with judged as (
    select * from {{ ref('base_voice__product_reviews') }}
),

staged as (
    select
        -- ids
        review_id,
        customer_id,
        product_id,
        order_id,

        -- text
        comment,

        -- numbers
        rating,

        -- times
        reviewed_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
