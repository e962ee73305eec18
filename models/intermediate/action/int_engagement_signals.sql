-- Who had stopped opening our e-mails, or came by half as often, as each forecast sees it.
{% set since = add_days('days.forecast_on', -90) %}
with days as (
    select * from {{ ref('int_forecast_days') }}
),

messages as (
    select * from {{ ref('fct_email_messages') }}
    where is_delivered
),

sessions as (
    select * from {{ ref('fct_sessions') }}
),

mailed as (
    select
        days.forecast_on,
        messages.customer_id,
        sum(case when messages.delivered_on >= {{ since }} then 1 else 0 end) as delivered,
        sum(case when messages.delivered_on >= {{ since }} and messages.is_opened_by_person then 1 else 0 end)
            as opened,
        sum(case when messages.delivered_on < {{ since }} and messages.is_opened_by_person then 1 else 0 end)
            as opened_before
    from messages
    inner join days on messages.delivered_on < days.forecast_on
    group by days.forecast_on, messages.customer_id
),

visited as (
    select
        days.forecast_on,
        sessions.customer_id,
        sum(case when sessions.visited_on >= {{ add_days('days.forecast_on', -28) }} then sessions.sessions else 0 end)
            as recent_visits,
        sum(case when sessions.visited_on < {{ add_days('days.forecast_on', -28) }} then sessions.sessions else 0 end)
            as earlier_visits
    from sessions
    inner join days
        on
            sessions.visited_on < days.forecast_on
            and sessions.visited_on >= {{ add_days('days.forecast_on', -112) }}
    group by days.forecast_on, sessions.customer_id
),

signals as (
    select
        forecast_on,
        customer_id,
        'stopped_opening' as signal_name,
        cast(delivered as int) as amount,
        cast(null as int) as other_amount
    from mailed
    where delivered >= 3 and opened = 0 and opened_before > 0

    union all

    -- 84 days before the last 28: a third of them is what is usual.
    select
        forecast_on,
        customer_id,
        'fewer_visits' as signal_name,
        cast(recent_visits as int) as amount,
        cast(floor({{ ratio('earlier_visits', '3') }}) as int) as other_amount
    from visited
    where earlier_visits >= 6 and recent_visits * 6 <= earlier_visits
)

select * from signals
