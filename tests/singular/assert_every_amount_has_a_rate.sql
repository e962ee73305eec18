-- A missing exchange rate is an error that names the day and the pair, never a silent 1.
{{ config(store_failures=true, schema='quarantine', alias='missing_exchange_rates') }}
with missing as (
    select
        'shop_orders' as raw_table,
        currency,
        ordered_on as rate_needed_on
    from {{ ref('int_order_amounts') }}
    where rate is null

    union all

    select
        'shop_refunds' as raw_table,
        currency,
        refunded_on as rate_needed_on
    from {{ ref('int_refund_amounts') }}
    where amount is null

    union all

    select
        'billing_subscription_terms' as raw_table,
        currency,
        started_on as rate_needed_on
    from {{ ref('int_subscription_terms') }}
    where mrr is null

    union all

    select
        'shop_products' as raw_table,
        currency,
        ordered_on as rate_needed_on
    from {{ ref('int_item_costs') }}
    where cost is null

    union all

    select
        'marketing_spend' as raw_table,
        currency,
        spend_date as rate_needed_on
    from {{ ref('int_marketing_spend') }}
    where amount is null

    union all

    select
        'marketing_referrals' as raw_table,
        currency,
        converted_on as rate_needed_on
    from {{ ref('int_referrals') }}
    where reward_amount is null

    union all

    select
        'loyalty_programmes' as raw_table,
        currency,
        valued_on as rate_needed_on
    from {{ ref('int_loyalty_liabilities') }}
    where liability is null
)

select distinct
    raw_table,
    currency as from_currency,
    '{{ var("reporting_currency") }}' as to_currency,
    rate_needed_on
from missing
