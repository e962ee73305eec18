-- The one cause of each ended spell: the reason that the customer stated, else the first signal by the order of the
-- seed churn_causes.
{% set slices = {'customer_id': 'int_restated_customers'} %}
{{ config(**replace_slices(slices)) }}
with spells as (
    select * from {{ ref('fct_customer_spells') }}
    where
        ended_on is not null
        {{ only(slices, word='and') }}
),

cancellations as (
    select * from {{ ref('int_spell_cancellations') }}
),

signals as (
    select * from {{ ref('int_spell_signals') }}
),

reasons as (
    select * from {{ ref('churn_reasons') }}
),

causes as (
    select * from {{ ref('churn_causes') }}
),

first_signals as (
    select
        signals.customer_id,
        signals.basis,
        signals.spell_number,
        min(causes.cause_order) as cause_order
    from signals
    inner join causes on signals.signal_name = causes.signal_name
    group by signals.customer_id, signals.basis, signals.spell_number
),

-- Where nothing is known, the last row of the seed counts.
inferred as (
    select
        spells.customer_id,
        spells.basis,
        spells.spell_number,
        spells.ended_on,
        causes.cause,
        causes.is_voluntary
    from spells
    left join first_signals
        on
            spells.customer_id = first_signals.customer_id
            and spells.basis = first_signals.basis
            and spells.spell_number = first_signals.spell_number
    inner join causes
        on
            coalesce(first_signals.cause_order, (select max(cause_order) from {{ ref('churn_causes') }}))
            = causes.cause_order
),

stated as (
    select
        cancellations.customer_id,
        cancellations.basis,
        cancellations.spell_number,
        coalesce(reasons.cause, 'other') as cause,
        coalesce(reasons.cause, 'other') <> 'payment_failure' as is_voluntary
    from cancellations
    left join reasons on cancellations.reason_code = reasons.reason_code
    where cancellations.reason_code is not null
),

judged as (
    select
        inferred.customer_id,
        inferred.basis,
        inferred.spell_number,
        inferred.ended_on,
        stated.cause as stated_cause,
        inferred.cause as inferred_cause,
        coalesce(stated.cause, inferred.cause) as cause,
        stated.cause is not null as is_stated,
        coalesce(stated.is_voluntary, inferred.is_voluntary) as is_voluntary
    from inferred
    left join stated
        on
            inferred.customer_id = stated.customer_id
            and inferred.basis = stated.basis
            and inferred.spell_number = stated.spell_number
)

select * from judged
