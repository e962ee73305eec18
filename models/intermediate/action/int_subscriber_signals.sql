-- What spoke for talking to a subscriber, as each forecast sees it: a dearer price, a payment that failed, an end that
-- is agreed.
{% set since = add_days('days.forecast_on', -90) %}
with days as (
    select * from {{ ref('int_forecast_days') }}
),

price_rises as (
    select * from {{ ref('fct_mrr_movements') }}
    where movement_type = 'expansion' and change_cause = 'price'
),

cancellations as (
    select
        identities.customer_id,
        cancellations.is_voluntary,
        {{ business_day('coalesce(cancellations.requested_at, cancellations.effective_at)') }} as requested_on,
        {{ business_day('cancellations.effective_at') }} as effective_on
    from {{ ref('stg_billing__cancellations') }} as cancellations
    inner join {{ ref('int_customer_identities') }} as identities on cancellations.customer_id = identities.record_id
    where not coalesce(cancellations.was_saved, false)
),

signals as (
    select
        days.forecast_on,
        price_rises.customer_id,
        'price_rise' as signal_name,
        cast(min({{ days_between('price_rises.moved_on', 'days.forecast_on') }}) as int) as amount
    from price_rises
    inner join days on price_rises.moved_on < days.forecast_on and price_rises.moved_on >= {{ since }}
    group by days.forecast_on, price_rises.customer_id

    union all

    select
        days.forecast_on,
        cancellations.customer_id,
        'payment_failed' as signal_name,
        cast(min({{ days_between('cancellations.effective_on', 'days.forecast_on') }}) as int) as amount
    from cancellations
    inner join days on cancellations.effective_on < days.forecast_on and cancellations.effective_on >= {{ since }}
    where not cancellations.is_voluntary
    group by days.forecast_on, cancellations.customer_id

    union all

    select
        days.forecast_on,
        cancellations.customer_id,
        'has_cancelled' as signal_name,
        cast(min({{ days_between('days.forecast_on', 'cancellations.effective_on') }}) as int) as amount
    from cancellations
    inner join days on cancellations.requested_on < days.forecast_on and cancellations.effective_on >= days.forecast_on
    group by days.forecast_on, cancellations.customer_id
)

select * from signals
