-- Web sessions until the end of the day on which a customer became one, with the channel that brought them: that of the
-- campaign they name in marketing_spend, else a channel of that table which source or medium name, else by the seed
-- marketing_channels, else the source itself. Sessions that name nothing are direct, and no touch.
with sessions as (
    select * from {{ ref('stg_engagement__web_sessions') }}
    where utm_source is not null or utm_medium is not null or utm_campaign is not null
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

starts as (
    select * from {{ ref('int_customer_starts') }}
),

spend as (
    select * from {{ ref('int_marketing_spend') }}
),

rules as (
    select * from {{ ref('marketing_channels') }}
),

campaigns as (
    select
        campaign_id,
        min(channel) as channel
    from spend
    where campaign_id is not null
    group by campaign_id
),

spend_channels as (
    select distinct channel from spend
),

touches as (
    select
        sessions.session_id,
        starts.customer_id,
        sessions.started_at,
        sessions.utm_source,
        sessions.utm_medium,
        sessions.utm_campaign
    from sessions
    inner join identities on sessions.customer_id = identities.record_id
    inner join starts on identities.customer_id = starts.customer_id
    where {{ business_day('sessions.started_at') }} <= starts.started_on
),

named as (
    select
        touches.session_id,
        touches.customer_id,
        touches.started_at,
        coalesce(
            campaigns.channel,
            source_channels.channel,
            medium_channels.channel,
            rules.channel,
            any_source.channel,
            touches.utm_source,
            touches.utm_medium,
            touches.utm_campaign
        ) as channel
    from touches
    left join campaigns on touches.utm_campaign = campaigns.campaign_id
    left join spend_channels as source_channels on touches.utm_source = source_channels.channel
    left join spend_channels as medium_channels on touches.utm_medium = medium_channels.channel
    left join rules on touches.utm_source = rules.utm_source and touches.utm_medium = rules.utm_medium
    left join rules as any_source on any_source.utm_source = '*' and touches.utm_medium = any_source.utm_medium
)

select * from named
