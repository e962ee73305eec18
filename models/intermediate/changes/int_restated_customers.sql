-- Customers whose periods are worked out anew: those whom a delivery touches, and those of whom a spell or term
-- came to its end because the as-of date moved on.
with touched as (
    select * from {{ ref('int_touched_customers') }}
),

spells as (
    select * from {{ ref('int_purchase_spells') }}
),

subscription_spells as (
    select * from {{ ref('int_subscription_spells') }}
),

terms as (
    select * from {{ ref('int_subscription_terms') }}
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

    select
        customer_id,
        last_on as known_on
    from subscription_spells

    union all

    select
        customer_id,
        {{ add_days('last_on', var('subscription_grace_days')) }} as known_on
    from subscription_spells
    where last_on < cast('9999-12-31' as date)

    union all

    select
        customer_id,
        ended_on as known_on
    from terms
    where ended_on is not null
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
