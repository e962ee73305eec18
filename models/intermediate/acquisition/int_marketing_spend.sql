-- What was spent on marketing each day, in the reporting currency of that day.
with spend as (
    select * from {{ ref('stg_marketing__spend') }}
),

rates as (
    select * from {{ ref('int_exchange_rates') }}
),

named as (
    select
        *,
        coalesce(currency, '{{ var("reporting_currency") }}') as spend_currency
    from spend
),

converted as (
    select
        named.spend_date,
        named.channel,
        named.campaign_id,
        named.objective,
        named.spend_currency as currency,
        coalesce(named.leads, 0) as leads,
        {{ to_reporting('named.amount', 'rates.rate') }} as amount
    from named
    left join rates
        on
            named.spend_currency = rates.currency
            and {{ counts_on('rates', 'named.spend_date') }}
)

select * from converted
