-- What speaks for talking to a customer, one row per forecast day, customer and signal, with its figures.
with days as (
    select * from {{ ref('int_forecast_days') }}
),

order_signals as (
    select * from {{ ref('int_order_signals') }}
),

voice_signals as (
    select * from {{ ref('int_customer_voice_signals') }}
),

subscriber_signals as (
    select * from {{ ref('int_subscriber_signals') }}
),

engagement_signals as (
    select * from {{ ref('int_engagement_signals') }}
),

-- What of a lot was left on a past day nobody kept; whether anything was is known.
lots as (
    select
        *,
        case when closed_on is null then outstanding_points else points end as open_points
    from {{ ref('fct_loyalty_lots') }}
    where points > 0
),

signals as (
    select * from order_signals

    union all

    select * from voice_signals

    union all

    select * from engagement_signals

    union all

    select
        forecast_on,
        customer_id,
        signal_name,
        amount,
        cast(null as int) as other_amount
    from subscriber_signals

    union all

    select
        days.forecast_on,
        lots.customer_id,
        'points_expiring' as signal_name,
        cast(floor(sum(lots.open_points)) as int) as amount,
        cast(min({{ days_between('days.forecast_on', 'lots.expires_on') }}) as int) as other_amount
    from lots
    inner join days
        on
            lots.earned_on < days.forecast_on
            and lots.expires_on >= days.forecast_on
            and lots.expires_on < {{ add_days('days.forecast_on', 30) }}
    where lots.closed_on is null or lots.closed_on >= days.forecast_on
    group by days.forecast_on, lots.customer_id
)

select * from signals
