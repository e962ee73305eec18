-- From spells alone: whether a customer was current at a period's start and end, and what began inside.
{% set slices = restated_slices() %}
with spells as (
    select * from {{ ref('fct_customer_spells') }}
    {{ only_customers(slices) }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

touched as (
    select
        spells.customer_id,
        spells.basis,
        spells.spell_number,
        spells.started_on,
        periods.period_grain,
        periods.period_start,
        spells.started_on < periods.period_start as is_at_start,
        spells.ended_on is null or spells.ended_on >= periods.seen_until as is_at_end,
        spells.ended_on is null or spells.ended_on > periods.period_start as is_inside
    from spells
    inner join periods
        on
            spells.started_on < periods.seen_until
            and (spells.ended_on is null or spells.ended_on >= periods.period_start)
),

per_customer as (
    select
        customer_id,
        basis,
        period_grain,
        period_start,
        max(case when is_at_start then 1 else 0 end) = 1 as is_current_at_start,
        max(case when is_at_end then 1 else 0 end) = 1 as is_current_at_end,
        max(case when is_inside then 1 else 0 end) = 1 as has_spell_inside,
        max(case when spell_number = 1 and not is_at_start then 1 else 0 end) = 1 as has_first_start_inside,
        max(case when spell_number > 1 and not is_at_start then 1 else 0 end) = 1 as has_later_start_inside
    from touched
    {{ only(slices) }}
    group by customer_id, basis, period_grain, period_start
),

states as (
    select
        *,
        case
            when is_current_at_start and is_current_at_end then 'retained'
            when is_current_at_start then 'lost'
            when is_current_at_end and has_first_start_inside then 'new'
            when is_current_at_end then 'reactivated'
            when has_first_start_inside then 'joined_and_lost'
            when has_later_start_inside then 'reactivated_and_lost'
        end as state
    from per_customer
)

select * from states
