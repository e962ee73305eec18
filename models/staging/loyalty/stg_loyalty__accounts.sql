with judged as (
    select * from {{ ref('base_loyalty__accounts') }}
),

staged as (
    select
        -- ids
        account_id,
        customer_id,
        programme_id,

        -- times
        joined_at,
        left_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
