with judged as (
    select * from {{ ref('base_shop__refunds') }}
),

staged as (
    select
        -- ids
        refund_id,
        order_id,
        customer_id,

        -- text
        currency,
        reason,

        -- numbers
        amount,

        -- times
        refunded_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
