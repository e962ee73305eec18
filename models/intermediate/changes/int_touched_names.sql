-- Customer records and guests' e-mail tokens that any version of a touched row names: `record_id` or `guest_email`.
{% set tables = [
    ('terms', 'billing_subscription_terms', 'term_id', ref('base_billing__subscription_terms')),
    ('invitations', 'voice_survey_invitations', 'invitation_id', ref('base_voice__survey_invitations')),
    ('responses', 'voice_survey_responses', 'response_id', ref('base_voice__survey_responses')),
] %}
with records as (
    select * from {{ ref('int_touched_records') }}
),

orders as (
    select * from {{ ref('base_shop__orders') }}
),

changed_orders as (
    select * from {{ ref('int_changed_orders') }}
),

refunds as (
    select * from {{ ref('base_shop__refunds') }}
),

touched_refunds as (
    select * from {{ ref('int_touched_refunds') }}
),

guests as (
    select * from {{ ref('int_touched_guests') }}
),

all_records as (
    select * from {{ ref('base_crm__customers') }}
),

rates as (
    select * from {{ ref('int_changed_rates') }}
),

{% for name, raw_table, id, relation in tables %}
{{ name }} as (
    select * from {{ relation }}
),

new_{{ name }} as (
    select * from {{ name }}
    where {{ is_new(raw_table) }}
),

{% endfor %}
named as (
    select
        customer_id as record_id,
        cast(null as {{ dbt.type_string() }}) as guest_email
    from records

    union

    select
        orders.customer_id,
        orders.guest_email
    from orders
    inner join changed_orders on orders.order_id = changed_orders.order_id

    union

    select
        all_records.customer_id,
        guests.guest_email
    from guests
    left join all_records on guests.guest_email = all_records.email

    {% for name, raw_table, id, relation in tables %}
    union

    select
        {{ name }}.customer_id,
        null as guest_email
    from {{ name }}
    inner join new_{{ name }} on {{ name }}.{{ id }} = new_{{ name }}.{{ id }}

    {% endfor %}
    union

    -- its order may have been what told whose refund it is
    select
        refunds.customer_id,
        null as guest_email
    from refunds
    left join touched_refunds on refunds.refund_id = touched_refunds.refund_id
    left join changed_orders on refunds.order_id = changed_orders.order_id
    where touched_refunds.refund_id is not null or changed_orders.order_id is not null

    union

    -- an answer counts by its invitation; the first invitation of all changes what every answer needs
    select
        responses.customer_id,
        null as guest_email
    from responses
    left join new_invitations as invited on responses.invitation_id = invited.invitation_id
    where
        invited.invitation_id is not null
        or (select count(*) from invitations) = (select count(*) from new_invitations)

    union

    -- a term's price is converted at the rate of its first day
    select
        terms.customer_id,
        null as guest_email
    from terms
    inner join rates
        on
            coalesce(terms.currency, '{{ var("reporting_currency") }}') = rates.currency
            and {{ counts_on('rates', business_day('terms.started_at')) }}
)

select * from named
