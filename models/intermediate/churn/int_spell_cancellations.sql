-- The cancellation that belongs to the end of each subscription spell, if any: of those that averted nothing, the one
-- that took effect nearest to it, at most churn_cancellation_days away.
{% set slices = {'customer_id': 'int_restated_customers'} %}
with spells as (
    select * from {{ ref('fct_customer_spells') }}
    where
        basis = 'subscription' and ended_on is not null
        {{ only(slices, word='and') }}
),

cancellations as (
    select
        cancellation_id,
        customer_id,
        reason_code,
        competitor_name,
        is_voluntary,
        {{ business_day('effective_at') }} as effective_on
    from {{ ref('stg_billing__cancellations') }}
    where not coalesce(was_saved, false)
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

near as (
    select
        spells.customer_id,
        spells.basis,
        spells.spell_number,
        cancellations.reason_code,
        case
            when not cancellations.is_voluntary then 'payment_failed'
            when cancellations.competitor_name is not null then 'competitor_named'
        end as signal_name,
        row_number() over (
            partition by spells.customer_id, spells.spell_number
            order by
                abs({{ days_between('spells.ended_on', 'cancellations.effective_on') }}) asc nulls last,
                case when cancellations.reason_code is null then 1 else 0 end asc nulls last,
                cancellations.effective_on asc nulls last,
                cancellations.cancellation_id asc nulls last
        ) as place
    from cancellations
    inner join identities on cancellations.customer_id = identities.record_id
    inner join spells on identities.customer_id = spells.customer_id
    where
        abs({{ days_between('spells.ended_on', 'cancellations.effective_on') }}) <= {{ var('churn_cancellation_days') }}
),

nearest as (
    select
        customer_id,
        basis,
        spell_number,
        reason_code,
        signal_name
    from near
    where place = 1
)

select * from nearest
