with judged as (
    select * from {{ ref('base_engagement__email_events') }}
),

staged as (
    select
        -- ids
        event_id,
        customer_id,
        campaign_id,

        -- text
        event_type,

        -- flags
        is_machine_open,

        -- times
        occurred_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
