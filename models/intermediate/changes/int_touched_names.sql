-- Customer records and guests' e-mail tokens that any version of a touched row names: `record_id` or `guest_email`.
-- name: key, every version of its rows, the touched keys, the columns that name a customer record
{% set tables = {
    'terms': ('term_id', ref('base_billing__subscription_terms'), ref('int_touched_terms'), ['customer_id']),
    'refunds': ('refund_id', ref('base_shop__refunds'), ref('int_touched_refunds'), ['customer_id']),
    'cancellations': (
        'cancellation_id', ref('base_billing__cancellations'), as_replaced('base_billing__cancellations'),
        ['customer_id']
    ),
    'exposures': (
        'customer_id', ref('base_shop__promotion_exposures'), as_replaced('base_shop__promotion_exposures'),
        ['customer_id']
    ),
    'invitations': (
        'invitation_id', ref('base_voice__survey_invitations'), ref('int_touched_invitations'), ['customer_id']
    ),
    'responses': ('response_id', ref('base_voice__survey_responses'), ref('int_touched_responses'), ['customer_id']),
    'reviews': (
        'review_id', ref('base_voice__product_reviews'), as_replaced('base_voice__product_reviews'), ['customer_id']
    ),
    'tickets': ('ticket_id', ref('base_support__tickets'), as_replaced('base_support__tickets'), ['customer_id']),
    'accounts': ('account_id', ref('base_loyalty__accounts'), ref('int_restated_accounts'), ['customer_id']),
    'emails': (
        'event_id', ref('base_engagement__email_events'), as_replaced('base_engagement__email_events'), ['customer_id']
    ),
    'sessions': (
        'session_id', ref('base_engagement__web_sessions'), as_replaced('base_engagement__web_sessions'),
        ['customer_id']
    ),
    'interactions': (
        'interaction_id', ref('base_engagement__social_interactions'),
        as_replaced('base_engagement__social_interactions'), ['customer_id']
    ),
    'referrals': (
        'referral_id', ref('base_marketing__referrals'), as_replaced('base_marketing__referrals'),
        ['referrer_customer_id', 'referred_customer_id']
    ),
    'outreach': (
        'outreach_id', ref('base_marketing__outreach'), as_replaced('base_marketing__outreach'), ['customer_id']
    ),
} %}
with records as (
    select * from {{ ref('int_touched_records') }}
),

orders as (
    select * from {{ ref('base_shop__orders') }}
),

changed_orders as (
    select * from {{ ref('int_changed_orders') }}
),

guests as (
    select * from {{ ref('int_touched_guests') }}
),

all_records as (
    select * from {{ ref('base_crm__customers') }}
),

{% for name, (key, relation, touched, columns) in tables.items() %}
{{ name }} as (
    select * from {{ relation }}
    where {{ key }} in (select {{ key }} from {{ touched }})
),

{% endfor %}
-- its order may have been what told whose refund it is
refunds_of_orders as (
    select all_refunds.customer_id
    from {{ ref('base_shop__refunds') }} as all_refunds
    inner join changed_orders on all_refunds.order_id = changed_orders.order_id
),

named as (
    select
        customer_id as record_id,
        cast(null as {{ dbt.type_string() }}) as guest_email
    from records

    union

    select
        orders.customer_id as record_id,
        orders.guest_email
    from orders
    inner join changed_orders on orders.order_id = changed_orders.order_id

    union

    select
        all_records.customer_id as record_id,
        guests.guest_email
    from guests
    left join all_records on guests.guest_email = all_records.email

    {% for name, (key, relation, touched, columns) in tables.items() %}
    {% for column in columns %}
    union

    select
        {{ column }} as record_id,
        null as guest_email
    from {{ name }}

    {% endfor %}
    {% endfor %}
    union

    select
        customer_id as record_id,
        null as guest_email
    from refunds_of_orders
)

select * from named
