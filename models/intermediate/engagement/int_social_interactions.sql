-- Social interactions with their customer; null where nobody knows whose it is.
{% set slices = {'customer_id': 'int_touched_customers', 'interaction_id': 'int_touched_interactions'} %}
{{ config(**replace_slices(slices)) }}
with interactions as (
    select * from {{ ref('stg_engagement__social_interactions') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

owned as (
    select
        interactions.interaction_id,
        identities.customer_id,
        interactions.platform,
        interactions.sentiment,
        {{ business_day('interactions.occurred_at') }} as interacted_on
    from interactions
    left join identities on interactions.customer_id = identities.record_id
),

seen as (
    select
        owned.interaction_id,
        owned.customer_id,
        owned.sentiment,
        owned.interacted_on,
        owned.platform = 'community' as is_community,
        coalesce(customers.is_test, false) as is_test
    from owned
    left join customers on owned.customer_id = customers.customer_id
    {{ only(slices, of='owned') }}
)

select * from seen
