-- What speaks for talking to a customer today, one row per customer and signal, with its figures.
{% set since = add_days('as_of.as_of_date', -90) %}
with as_of as (
    select * from {{ ref('int_as_of') }}
),

cadences as (
    select
        customer_id,
        days_since_order,
        recent_orders,
        earlier_orders,
        cadence_days,
        cast(round(cadence_days) as int) as whole_cadence_days
    from {{ ref('int_customer_cadence') }}
),

voice_signals as (
    select * from {{ ref('int_customer_voice_signals') }}
),

movements as (
    select * from {{ ref('fct_mrr_movements') }}
    where movement_type = 'expansion' and change_cause = 'price'
),

lots as (
    select * from {{ ref('fct_loyalty_lots') }}
    where outstanding_points > 0
),

messages as (
    select * from {{ ref('fct_email_messages') }}
    where is_delivered
),

mailed as (
    select
        messages.customer_id,
        sum(case when messages.delivered_on >= {{ since }} then 1 else 0 end) as delivered,
        sum(case when messages.delivered_on >= {{ since }} and messages.is_opened_by_person then 1 else 0 end)
            as opened,
        sum(case when messages.delivered_on < {{ since }} and messages.is_opened_by_person then 1 else 0 end)
            as opened_before
    from messages
    cross join as_of
    group by messages.customer_id
),

signals as (
    select * from voice_signals

    union all

    select
        customer_id,
        case when days_since_order >= cadence_days * 2.5 then 'very_late' else 'late' end as signal_name,
        cast(days_since_order as int) as amount,
        cast(whole_cadence_days as int) as other_amount
    from cadences
    where days_since_order >= cadence_days * 1.5

    union all

    select
        customer_id,
        'falling_frequency' as signal_name,
        cast(recent_orders as int) as amount,
        cast(earlier_orders as int) as other_amount
    from cadences
    where earlier_orders >= 2 and recent_orders * 2 <= earlier_orders

    union all

    select
        movements.customer_id,
        'price_rise' as signal_name,
        cast(min({{ days_between('movements.moved_on', 'as_of.as_of_date') }}) as int) as amount,
        cast(null as int) as other_amount
    from movements
    cross join as_of
    where movements.moved_on >= {{ since }}
    group by movements.customer_id

    union all

    select
        lots.customer_id,
        'points_expiring' as signal_name,
        cast(floor(sum(lots.outstanding_points)) as int) as amount,
        cast(min({{ days_between('as_of.as_of_date', 'lots.expires_on') }}) as int) as other_amount
    from lots
    cross join as_of
    where lots.expires_on < {{ add_days('as_of.as_of_date', 30) }}
    group by lots.customer_id

    union all

    select
        customer_id,
        'stopped_opening' as signal_name,
        cast(delivered as int) as amount,
        cast(null as int) as other_amount
    from mailed
    where delivered >= 3 and opened = 0 and opened_before > 0
)

select * from signals
