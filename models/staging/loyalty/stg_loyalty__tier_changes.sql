with judged as (
    select * from {{ ref('base_loyalty__tier_changes') }}
),

staged as (
    select
        -- ids
        account_id,

        -- text
        tier,

        -- times
        changed_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
