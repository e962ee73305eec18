-- What the data shows about each ended spell in the days before its end (churn_signal_days), one row per signal.
-- The seed churn_causes says which signal_name counts first.
{% set slices = {'customer_id': 'int_restated_customers'} %}
with spells as (
    select
        customer_id,
        basis,
        spell_number,
        ended_on,
        {{ add_days('ended_on', -(var('churn_signal_days') | int)) }} as looked_at_from_on
    from {{ ref('fct_customer_spells') }}
    where
        ended_on is not null
        {{ only(slices, word='and') }}
),

cancellations as (
    select * from {{ ref('int_spell_cancellations') }}
),

movements as (
    select * from {{ ref('fct_mrr_movements') }}
),

answers as (
    select
        customer_id,
        responded_on as happened_on
    from {{ ref('fct_survey_responses') }}
    where nps_group = 'detractor' or (survey_type = 'csat' and score <= 2)
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

happenings as (
    select
        customer_id,
        'subscription' as basis,
        moved_on as happened_on,
        case when movement_type = 'expansion' then 'price_rose' else 'downgraded' end as signal_name
    from movements
    where
        (movement_type = 'expansion' and change_cause = 'price')
        or (movement_type = 'contraction' and change_cause in ('plan', 'quantity'))

    union all

    {% for basis in ['purchase', 'subscription'] %}
    select
        customer_id,
        '{{ basis }}' as basis,
        happened_on,
        'dissatisfied' as signal_name
    from answers

    union all

    select
        customer_id,
        '{{ basis }}' as basis,
        opened_on as happened_on,
        'dissatisfied' as signal_name
    from tickets
    where csat_score <= 2
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

signals as (
    select
        customer_id,
        basis,
        spell_number,
        signal_name
    from cancellations
    where signal_name is not null

    union

    select
        spells.customer_id,
        spells.basis,
        spells.spell_number,
        happenings.signal_name
    from spells
    inner join happenings
        on
            spells.customer_id = happenings.customer_id
            and spells.basis = happenings.basis
            and spells.looked_at_from_on <= happenings.happened_on
            and spells.ended_on > happenings.happened_on

    union

    select
        spells.customer_id,
        spells.basis,
        spells.spell_number,
        'ticket_unresolved' as signal_name
    from spells
    inner join tickets
        on
            spells.customer_id = tickets.customer_id
            and spells.looked_at_from_on <= tickets.opened_on
            and spells.ended_on >= tickets.opened_on
            and (tickets.solved_on is null or spells.ended_on < tickets.solved_on)
)

select * from signals
