-- Each e-mail token of a guest order with its customer: the one who carries that token, else the token itself.
{% set slices = {'guest_email': 'int_touched_guests'} %}
{{ config(**replace_slices(slices)) }}
with orders as (
    select * from {{ ref('stg_shop__orders') }}
),

records as (
    select * from {{ ref('stg_crm__customers') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

owners as (
    select
        records.email,
        identities.customer_id,
        row_number() over (
            partition by records.email order by records.created_at nulls last, records.customer_id nulls last
        ) as seniority
    from records
    inner join identities on records.customer_id = identities.record_id
    where records.email is not null
),

guests as (
    select
        guest_email,
        min(ordered_at) as first_ordered_at
    from orders
    where
        customer_id is null and guest_email is not null
        {{ only(slices, word='and') }}
    group by guest_email
),

guest_customers as (
    select
        guests.guest_email,
        guests.first_ordered_at,
        coalesce(owners.customer_id, guests.guest_email) as customer_id,
        owners.customer_id is null as is_guest
    from guests
    left join owners on guests.guest_email = owners.email and owners.seniority = 1
)

select * from guest_customers
