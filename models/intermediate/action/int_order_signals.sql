-- What in the orders of a buyer spoke for talking to him, with its figures.
with cadences as (
    select
        *,
        cast(round(cadence_days) as int) as whole_cadence_days,
        cast(round(usual_days) as int) as whole_usual_days
    from {{ ref('int_customer_cadence') }}
),

-- Whoever is a customer by his orders still, but will not be for ever without another one.
current_buyers as (
    select
        buyers.forecast_on,
        buyers.customer_id,
        buyers.repeats,
        buyers.days_left,
        cadences.days_since_order,
        cadences.cadence_days,
        cadences.usual_days,
        cadences.whole_cadence_days,
        cadences.whole_usual_days
    from {{ ref('int_forecast_buyers') }} as buyers
    inner join cadences
        on buyers.forecast_on = cadences.forecast_on and buyers.customer_id = cadences.customer_id
    where buyers.days_left >= 0
),

signals as (
    select
        forecast_on,
        customer_id,
        case when days_since_order >= cadence_days * 2.5 then 'very_late' else 'late' end as signal_name,
        cast(days_since_order as int) as amount,
        cast(whole_cadence_days as int) as other_amount
    from cadences
    where days_since_order >= cadence_days * 1.5

    union all

    select
        forecast_on,
        customer_id,
        'falling_frequency' as signal_name,
        cast(recent_orders as int) as amount,
        cast(earlier_orders as int) as other_amount
    from cadences
    where earlier_orders >= 2 and recent_orders * 2 <= earlier_orders

    union all

    -- Not late by his own cadence, but a third of the days are gone after which a buyer counts as lost.
    select
        forecast_on,
        customer_id,
        'quiet' as signal_name,
        cast(days_since_order as int) as amount,
        cast(days_left as int) as other_amount
    from current_buyers
    where days_since_order * 2 >= days_left and days_since_order < cadence_days * 1.5

    union all

    select
        forecast_on,
        customer_id,
        'seldom' as signal_name,
        cast(whole_cadence_days as int) as amount,
        cast(whole_usual_days as int) as other_amount
    from current_buyers
    where repeats > 0 and cadence_days >= usual_days * 2

    union all

    select
        forecast_on,
        customer_id,
        'ordered_once' as signal_name,
        cast(days_since_order as int) as amount,
        cast(null as int) as other_amount
    from current_buyers
    where repeats = 0
)

select * from signals
