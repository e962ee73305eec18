with judged as (
    select * from {{ ref('base_billing__cancellations') }}
),

staged as (
    select
        -- ids
        cancellation_id,
        subscription_id,
        customer_id,

        -- text
        reason_code,
        competitor_name,
        comment,
        save_offer,

        -- flags
        is_voluntary,
        was_saved,

        -- times
        requested_at,
        effective_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
