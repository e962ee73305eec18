-- Customers whose periods are worked out anew: those whom a delivery touches; and those of whom, because the as-of date
-- moved on, a spell, a term, points or a membership came to their end, or something is seen that the company did.
with touched as (
    select * from {{ ref('int_touched_customers') }}
),

members as (
    select * from {{ ref('int_expiring_members') }}
),

spells as (
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

customers as (
    select * from {{ ref('dim_customers') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

earlier as (
    select * from {{ as_last_built('int_as_of') }}
),

moved as (
    select
        earlier.as_of_date as first_on,
        as_of.as_of_date as until_on,
        as_of.as_of_date < earlier.as_of_date as is_back
    from as_of
    cross join earlier
    where as_of.as_of_date <> earlier.as_of_date
),

ends as (
    select
        customer_id,
        last_on as known_on
    from spells

    union all

    {% for grace_days in [0, var('subscription_grace_days') | int] | unique %}
    select
        identities.customer_id,
        {{ add_days(business_day('terms.ended_at'), grace_days) }} as known_on
    from terms
    inner join identities on terms.customer_id = identities.record_id

    union all
    {% endfor %}

    select
        identities.customer_id,
        {{ business_day('emails.occurred_at') }} as known_on
    from emails
    inner join identities on emails.customer_id = identities.record_id

    union all

    select
        identities.customer_id,
        {{ business_day('tickets.opened_at') }} as known_on
    from tickets
    inner join identities on tickets.customer_id = identities.record_id
),

restated as (
    select customer_id from touched

    union

    select customer_id from members

    union

    -- The newest activity was taken back: nothing of what the last build saw as over needs to be over.
    select customers.customer_id
    from customers
    cross join moved
    where moved.is_back

    union

    select ends.customer_id
    from ends
    inner join moved on ends.known_on >= moved.first_on and ends.known_on < moved.until_on
)

select * from restated
