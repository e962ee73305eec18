-- Ids of refunds that a delivery touches: of which rows have come, or whose exchange rate changed.
with refunds as (
    select
        *,
        coalesce(currency, '{{ var("reporting_currency") }}') as refund_currency,
        {{ business_day('refunded_at') }} as refunded_on
    from {{ ref('base_shop__refunds') }}
),

new_refunds as (
    select * from refunds
    where {{ is_new('shop_refunds') }}
),

rates as (
    select * from {{ ref('int_changed_rates') }}
),

touched as (
    select refund_id from new_refunds

    union

    select refunds.refund_id
    from refunds
    inner join rates
        on
            refunds.refund_currency = rates.currency
            and {{ counts_on('rates', 'refunds.refunded_on') }}
),

named as (
    select * from touched
    where refund_id is not null
)

select * from named
