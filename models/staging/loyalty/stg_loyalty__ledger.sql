with judged as (
    select * from {{ ref('base_loyalty__ledger') }}
),

staged as (
    select
        -- ids
        entry_id,
        account_id,
        order_id,

        -- text
        entry_type,
        partner,
        reward,

        -- numbers
        points,

        -- times
        occurred_at,
        expires_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
