with judged as (
    select * from {{ ref('base_billing__subscription_terms') }}
),

staged as (
    select
        -- ids
        term_id,
        subscription_id,
        customer_id,
        plan_id,

        -- text
        billing_interval,
        currency,
        change_cause,

        -- numbers
        quantity,
        amount,

        -- times
        started_at,
        ended_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
