{% set slices = {'customer_id': 'int_restated_customers'} %}
{{ config(**replace_slices(slices)) }}
with changes as (
    select * from {{ ref('int_mrr_changes') }}
    {{ only(slices) }}
),

spells as (
    select * from {{ ref('fct_customer_spells') }}
    where
        basis = 'subscription'
        {{ only(slices, word='and') }}
),

-- Changes of one customer on one day for one cause add up: a swap of two subscriptions is one change.
by_cause as (
    select
        customer_id,
        moved_on,
        change_cause,
        sum(mrr_change) as mrr_change
    from changes
    group by customer_id, moved_on, change_cause
),

by_day as (
    select
        customer_id,
        moved_on,
        sum(mrr_change) as mrr_change
    from by_cause
    group by customer_id, moved_on
),

-- Where a spell starts or ends, the whole day is that start or that end.
turns as (
    select
        by_day.customer_id,
        by_day.moved_on,
        by_day.mrr_change,
        case
            when spell_starts.spell_number = 1 then 'new'
            when spell_starts.spell_number > 1 then 'reactivation'
            when spell_ends.spell_number is not null then 'churn'
        end as movement_type
    from by_day
    left join spells as spell_starts
        on by_day.customer_id = spell_starts.customer_id and by_day.moved_on = spell_starts.started_on
    left join spells as spell_ends
        on by_day.customer_id = spell_ends.customer_id and by_day.moved_on = spell_ends.ended_on
),

movements as (
    select
        customer_id,
        moved_on,
        movement_type,
        cast(null as {{ dbt.type_string() }}) as change_cause,
        mrr_change
    from turns
    where movement_type is not null

    union all

    select
        by_cause.customer_id,
        by_cause.moved_on,
        case when by_cause.mrr_change > 0 then 'expansion' else 'contraction' end as movement_type,
        by_cause.change_cause,
        by_cause.mrr_change
    from by_cause
    inner join turns on by_cause.customer_id = turns.customer_id and by_cause.moved_on = turns.moved_on
    where turns.movement_type is null and by_cause.mrr_change <> 0
),

typed as (
    select
        -- ids
        customer_id,

        -- text
        movement_type,
        change_cause,

        -- numbers
        cast(mrr_change as decimal(18, 4)) as mrr_change,

        -- times
        moved_on
    from movements
)

select * from typed
