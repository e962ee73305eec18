-- Each refund with its customer, its business day and its amount in the reporting currency of that day.
with refunds as (
    select * from {{ ref('stg_shop__refunds') }}
),

orders as (
    select * from {{ ref('int_order_amounts') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

rates as (
    select * from {{ ref('int_exchange_rates') }}
),

dated as (
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.reason,
        refunds.amount as amount_local,
        refunds.refunded_at,
        orders.currency as order_currency,
        orders.rate as order_rate,
        coalesce(orders.customer_id, identities.customer_id) as customer_id,
        coalesce(refunds.currency, '{{ var("reporting_currency") }}') as currency,
        {{ business_day('refunds.refunded_at') }} as refunded_on
    from refunds
    left join orders on refunds.order_id = orders.order_id
    left join identities on refunds.customer_id = identities.record_id
),

converted as (
    select
        -- ids
        dated.refund_id,
        dated.order_id,
        dated.customer_id,

        -- text
        dated.currency,
        dated.reason,

        -- numbers
        dated.amount_local,
        {{ to_reporting('dated.amount_local', 'rates.rate') }} as amount,
        -- what it takes off the order itself: in the order's currency where both are the same
        case
            when dated.currency = dated.order_currency then {{ to_reporting('dated.amount_local', 'dated.order_rate') }}
            when dated.order_id is not null then {{ to_reporting('dated.amount_local', 'rates.rate') }}
        end as amount_at_order_rate,

        -- times
        dated.refunded_on,
        dated.refunded_at
    from dated
    left join rates
        on
            dated.currency = rates.currency
            and {{ counts_on('rates', 'dated.refunded_on') }}
)

select * from converted
