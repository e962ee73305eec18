with judged as (
    select * from {{ ref('base_marketing__outreach') }}
),

staged as (
    select
        -- ids
        outreach_id,
        customer_id,

        -- text
        action,

        -- flags
        is_holdout,

        -- times
        planned_at,
        sent_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
