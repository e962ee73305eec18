-- Rates into the reporting currency, each with the days on which it counts. The reporting currency itself is 1.
with rates as (
    select * from {{ ref('stg_finance__exchange_rates') }}
    where to_currency = '{{ var("reporting_currency") }}' and from_currency <> to_currency
),

dated as (
    select
        from_currency as currency,
        rate_date as counts_from_on,
        coalesce(
            lead(rate_date) over (partition by from_currency order by rate_date nulls last), cast('9999-12-31' as date)
        ) as counts_until_on,
        rate
    from rates
),

with_reporting_currency as (
    select
        currency,
        counts_from_on,
        counts_until_on,
        rate
    from dated

    union all

    select
        '{{ var("reporting_currency") }}' as currency,
        cast('1900-01-01' as date) as counts_from_on,
        cast('9999-12-31' as date) as counts_until_on,
        cast(1 as decimal(18, 12)) as rate
)

select * from with_reporting_currency
