-- Customers of whom a delivery may change anything, as they were before it and as they are after it.
with names as (
    select * from {{ ref('int_touched_names') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

guests as (
    select * from {{ ref('int_guest_customers') }}
),

changed_records as (
    select * from {{ ref('int_changed_records') }}
),

records as (
    select * from {{ ref('stg_crm__customers') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

earlier as (
    select * from {{ as_last_built('int_as_of') }}
),

-- The age band of a customer is that of the as-of date.
aged as (
    select records.customer_id
    from records
    cross join as_of
    cross join earlier
    where
        {{ age_band('records.birth_date', 'as_of.as_of_date') }}
        <> {{ age_band('records.birth_date', 'earlier.as_of_date') }}
),

touched as (
    select identities.customer_id
    from names
    inner join identities on names.record_id = identities.record_id

    union

    select guests.customer_id
    from names
    inner join guests on names.guest_email = guests.guest_email

    union

    -- a guest whom no record was known to be
    select guest_email as customer_id from names

    union

    select identities.customer_id
    from aged
    inner join identities on aged.customer_id = identities.record_id

    union

    select customer_id from changed_records

    union

    select earlier_customer_id as customer_id from changed_records
),

named as (
    select * from touched
    where customer_id is not null
)

select * from named
