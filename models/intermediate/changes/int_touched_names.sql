-- Customer records and guests' e-mail tokens that any version of a touched row names: `record_id` or `guest_email`.
{% set tables = {
    'terms': ('term_id', ref('base_billing__subscription_terms'), ref('int_touched_terms')),
    'refunds': ('refund_id', ref('base_shop__refunds'), ref('int_touched_refunds')),
    'invitations': ('invitation_id', ref('base_voice__survey_invitations'), ref('int_touched_invitations')),
    'responses': ('response_id', ref('base_voice__survey_responses'), ref('int_touched_responses')),
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

{% for name, (id, relation, touched) in tables.items() %}
{{ name }} as (
    select * from {{ relation }}
),

touched_{{ name }} as (
    select * from {{ touched }}
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

    {% for name, (id, relation, touched) in tables.items() %}
    union

    select
        {{ name }}.customer_id,
        null as guest_email
    from {{ name }}
    inner join touched_{{ name }} on {{ name }}.{{ id }} = touched_{{ name }}.{{ id }}

    {% endfor %}
    union

    -- its order may have been what told whose refund it is
    select
        refunds.customer_id,
        null as guest_email
    from refunds
    inner join changed_orders on refunds.order_id = changed_orders.order_id
)

select * from named
