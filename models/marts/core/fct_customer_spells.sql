{% set slices = {'customer_id': 'int_restated_customers'} %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with purchase_spells as (
    select * from {{ ref('int_purchase_spells') }}
    {{ only(slices) }}
),

subscription_spells as (
    select * from {{ ref('int_subscription_spells') }}
    {{ only(slices) }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

spells as (
    select
        customer_id,
        'purchase' as basis,
        spell_number,
        started_on,
        last_on,
        last_on as known_on
    from purchase_spells

    union all

    -- A further term may still follow within the grace days.
    select
        customer_id,
        'subscription' as basis,
        spell_number,
        started_on,
        last_on,
        case
            when last_on = cast('9999-12-31' as date) then last_on
            else {{ add_days('last_on', var('subscription_grace_days')) }}
        end as known_on
    from subscription_spells
),

judged as (
    select
        -- ids
        spells.customer_id,
        spells.basis,
        spells.spell_number,

        -- times
        spells.started_on,
        case when spells.known_on < as_of.as_of_date then spells.last_on end as ended_on
    from spells
    cross join as_of
)

select * from judged
