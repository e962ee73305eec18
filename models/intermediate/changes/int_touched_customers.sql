-- Customers of whom a delivery may change anything, before it or after it: their orders, refunds, terms or themselves.
with identities as (
    select * from {{ ref('int_customer_identities') }}
),

guests as (
    select * from {{ ref('int_guest_customers') }}
),

records as (
    select * from {{ ref('base_crm__customers') }}
),

orders as (
    select * from {{ ref('base_shop__orders') }}
),

refunds as (
    select * from {{ ref('base_shop__refunds') }}
),

terms as (
    select
        *,
        coalesce(currency, '{{ var("reporting_currency") }}') as term_currency,
        {{ business_day('started_at') }} as started_on
    from {{ ref('base_billing__subscription_terms') }}
),

invitations as (
    select * from {{ ref('base_voice__survey_invitations') }}
),

responses as (
    select * from {{ ref('base_voice__survey_responses') }}
),

new_invitations as (
    select invitation_id from {{ source('raw', 'voice_survey_invitations') }}
    where {{ is_new('voice_survey_invitations') }}
),

new_responses as (
    select response_id from {{ source('raw', 'voice_survey_responses') }}
    where {{ is_new('voice_survey_responses') }}
),

new_refunds as (
    select refund_id from {{ source('raw', 'shop_refunds') }}
    where {{ is_new('shop_refunds') }}
),

new_terms as (
    select term_id from {{ source('raw', 'billing_subscription_terms') }}
    where {{ is_new('billing_subscription_terms') }}
),

touched_records as (
    select * from {{ ref('int_touched_records') }}
),

touched_guests as (
    select * from {{ ref('int_touched_guests') }}
),

changed_orders as (
    select * from {{ ref('int_changed_orders') }}
),

changed_records as (
    select * from {{ ref('int_changed_records') }}
),

rates as (
    select * from {{ ref('int_changed_rates') }}
),

-- Every record that any version of a touched row names.
named_records as (
    select customer_id as record_id from touched_records
    union
    select customer_id as record_id from orders
    where order_id in (select order_id from changed_orders)
    union
    select customer_id as record_id from refunds
    where refund_id in (select refund_id from new_refunds) or order_id in (select order_id from changed_orders)
    union
    select customer_id as record_id from terms
    where term_id in (select term_id from new_terms)
    union
    select terms.customer_id as record_id
    from terms
    inner join rates
        on
            terms.term_currency = rates.currency
            and {{ counts_on('rates', 'terms.started_on') }}
    union
    select customer_id as record_id from invitations
    where invitation_id in (select invitation_id from new_invitations)
    union
    select customer_id as record_id from responses
    where
        response_id in (select response_id from new_responses)
        or invitation_id in (select invitation_id from new_invitations)
    union
    select customer_id as record_id from records
    where email in (select guest_email from touched_guests)
),

touched as (
    select identities.customer_id
    from named_records
    inner join identities on named_records.record_id = identities.record_id
    union
    select customer_id from changed_records
    union
    select earlier_customer_id as customer_id from changed_records
    union
    -- a guest order's customer: now, and as long as nobody was known to carry the token
    select customer_id from guests
    where guest_email in (select guest_email from touched_guests)
    union
    select guest_email as customer_id from touched_guests
    union
    select guest_email as customer_id from orders
    where order_id in (select order_id from changed_orders)
    union
    select guests.customer_id
    from orders
    inner join guests on orders.guest_email = guests.guest_email
    where orders.order_id in (select order_id from changed_orders)
)

select * from touched
where customer_id is not null
