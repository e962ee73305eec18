with judged as (
    select * from {{ ref('base_marketing__spend') }}
),

staged as (
    select
        -- ids
        campaign_id,

        -- text
        channel,
        objective,
        currency,

        -- numbers
        impressions,
        clicks,
        leads,
        amount,

        -- times
        spend_date,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
