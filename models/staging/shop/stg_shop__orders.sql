with judged as (
    select * from {{ ref('base_shop__orders') }}
),

staged as (
    select
        -- ids
        order_id,
        customer_id,

        -- text
        guest_email,
        status,
        currency,
        sales_channel,
        promotion_id,

        -- numbers
        gross_amount,
        discount_amount,
        shipping_amount,
        tax_amount,

        -- flags
        is_test,

        -- times
        ordered_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
