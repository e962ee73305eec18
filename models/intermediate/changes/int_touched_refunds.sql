-- Ids of refunds that a delivery touches: judged anew, because rows of them have come, or their order or customer
-- record is touched; or whose exchange rate changed.
with refunds as (
    select * from {{ ref('base_shop__refunds') }}
),

judged as (
    select refund_id from {{ as_replaced('base_shop__refunds') }}
),

rates as (
    select * from {{ ref('int_changed_rates') }}
),

dated_refunds as (
    select
        refund_id,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency,
        {{ business_day('refunded_at') }} as refunded_on
    from refunds
    where refund_id is not null and {{ may_count_on('rates', 'refunded_at') }}
),

touched as (
    select refund_id from judged

    union

    select dated_refunds.refund_id
    from dated_refunds
    inner join rates
        on
            dated_refunds.currency = rates.currency
            and {{ counts_on('rates', 'dated_refunds.refunded_on') }}
)

select * from touched
