-- Stretches of days over which a customer changes with the as-of date alone, though nothing of him is delivered: the
-- end of a purchase spell; a term, which brings in revenue day by day until it ends and its grace is over; and what the
-- company did, which the as-of date does not wait for.
with spells as (
    select * from {{ ref('int_purchase_spells') }}
),

terms as (
    select * from {{ ref('stg_billing__subscription_terms') }}
    where amount > 0
),

emails as (
    select * from {{ ref('stg_engagement__email_events') }}
    where event_type not in ('opened', 'clicked')
),

tickets as (
    select * from {{ ref('stg_support__tickets') }}
    where initiated_by = 'company'
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

days_of_records as (
    select
        customer_id,
        {{ business_day('started_at') }} as from_on,
        coalesce(
            {{ add_days(business_day('ended_at'), var('subscription_grace_days') | int) }},
            cast('9999-12-31' as date)
        ) as until_on
    from terms

    union all

    select
        customer_id,
        {{ business_day('occurred_at') }} as from_on,
        {{ business_day('occurred_at') }} as until_on
    from emails

    union all

    select
        customer_id,
        {{ business_day('opened_at') }} as from_on,
        {{ business_day('opened_at') }} as until_on
    from tickets
),

passing_days as (
    select
        customer_id,
        last_on as from_on,
        last_on as until_on
    from spells

    union all

    select
        identities.customer_id,
        days_of_records.from_on,
        days_of_records.until_on
    from days_of_records
    inner join identities on days_of_records.customer_id = identities.record_id
)

select * from passing_days
