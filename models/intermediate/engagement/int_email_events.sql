-- E-mail events, each with the day of the mailing that it belongs to: the latest one of the same campaign to the same
-- customer. A mailing is a sent e-mail; a delivered one where the feed holds no sent ones.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with events as (
    select * from {{ ref('stg_engagement__email_events') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
    {{ only(slices) }}
),

dated as (
    select
        events.event_id,
        identities.customer_id,
        events.campaign_id,
        events.event_type,
        events.event_type = 'opened' and not coalesce(events.is_machine_open, false) as is_open_by_person,
        events.occurred_at,
        {{ business_day('events.occurred_at') }} as occurred_on
    from events
    inner join identities on events.customer_id = identities.record_id
),

seen as (
    select
        dated.*,
        max(case when dated.event_type = 'sent' then 1 else 0 end) over (
            partition by dated.customer_id, dated.campaign_id
        ) = 1 as has_sent_events
    from dated
),

starts as (
    select
        *,
        case
            when event_type = 'sent' or (event_type = 'delivered' and not has_sent_events) then occurred_on
        end as started_on
    from seen
),

-- What lies before the first mailing, such as by a clock that runs late, belongs to it.
mailed as (
    select
        event_id,
        customer_id,
        campaign_id,
        event_type,
        is_open_by_person,
        occurred_on,
        coalesce(
            max(started_on) over (
                partition by customer_id, campaign_id
                order by
                    occurred_at nulls last, case when started_on is not null then 0 else 1 end nulls last,
                    event_id nulls last
                rows unbounded preceding
            ),
            min(started_on) over (partition by customer_id, campaign_id),
            case
                when campaign_id is not null then min(occurred_on) over (partition by customer_id, campaign_id)
                else occurred_on
            end
        ) as mailed_on
    from starts
)

select * from mailed
