-- Customers whose periods are worked out anew: those whom a delivery touches, and those of whom a spell or term
-- came to its end because the as-of date moved on.
with touched as (
    select * from {{ ref('int_touched_customers') }}
),

spells as (
    select * from {{ ref('int_purchase_spells') }}
),

terms as (
    select * from {{ ref('stg_billing__subscription_terms') }}
    where amount > 0
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
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

restated as (
    select customer_id from touched

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
