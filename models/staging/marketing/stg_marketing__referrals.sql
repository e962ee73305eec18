with judged as (
    select * from {{ ref('base_marketing__referrals') }}
),

staged as (
    select
        -- ids
        referral_id,
        referrer_customer_id,
        referred_customer_id,

        -- text
        channel,
        currency,

        -- numbers
        reward_amount,

        -- times
        invited_at,
        converted_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
