-- Customers whose periods are worked out anew: those whom a delivery touches, and those who changed because the as-of
-- date moved on.
with touched as (
    select * from {{ ref('int_touched_customers') }}
),

members as (
    select * from {{ ref('int_turned_members') }}
),

passing_days as (
    select * from {{ ref('int_passing_days') }}
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

    select passing_days.customer_id
    from passing_days
    inner join moved
        on
            passing_days.from_on < moved.until_on
            and passing_days.until_on >= moved.first_on
)

select * from restated
