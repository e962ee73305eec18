{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with events as (
    select * from {{ ref('int_email_events') }}
    {{ only(slices) }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

messages as (
    select
        customer_id,
        campaign_id,
        mailed_on,
        min(case when event_type = 'delivered' then occurred_on end) as first_delivered_on,
        min(occurred_on) as first_event_on,
        min(case when event_type = 'clicked' or is_open_by_person then occurred_on end) as opened_on,
        min(case when event_type = 'clicked' then occurred_on end) as clicked_on,
        {% for event_type in ['delivered', 'opened', 'clicked', 'bounced', 'unsubscribed', 'complained'] %}
        max(case when event_type = '{{ event_type }}' then 1 else 0 end) = 1 as is_{{ event_type }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from events
    group by customer_id, campaign_id, mailed_on
),

-- Who opens or clicks has been reached, and who clicks has opened, whatever the feed holds of it.
messages_of_customers as (
    select
        -- ids
        messages.customer_id,
        messages.campaign_id,

        -- flags
        messages.is_delivered or messages.is_opened or messages.is_clicked as is_delivered,
        messages.is_opened or messages.is_clicked as is_opened,
        messages.opened_on is not null as is_opened_by_person,
        messages.is_clicked,
        messages.is_bounced,
        messages.is_unsubscribed,
        messages.is_complained,
        coalesce(customers.is_test, false) as is_test,

        -- times
        messages.mailed_on,
        coalesce(messages.first_delivered_on, messages.first_event_on) as delivered_on,
        messages.opened_on,
        messages.clicked_on
    from messages
    left join customers on messages.customer_id = customers.customer_id
)

select * from messages_of_customers
