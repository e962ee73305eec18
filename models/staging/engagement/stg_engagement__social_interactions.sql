with judged as (
    select * from {{ ref('base_engagement__social_interactions') }}
),

staged as (
    select
        -- ids
        interaction_id,
        customer_id,

        -- text
        platform,
        interaction_type,

        -- numbers
        sentiment,

        -- times
        occurred_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
