with judged as (
    select * from {{ ref('base_engagement__web_sessions') }}
),

staged as (
    select
        -- ids
        session_id,
        customer_id,
        converted_order_id,

        -- text
        device,
        utm_source,
        utm_medium,
        utm_campaign,

        -- numbers
        page_views,

        -- times
        started_at,
        ended_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
