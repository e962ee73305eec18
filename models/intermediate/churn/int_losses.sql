-- Each loss of a period with its one cause: customers lost, and MRR lost by leaving or by paying less.
{% set slices = restated_slices() %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with customer_periods as (
    select * from {{ ref('fct_customer_periods') }}
    {{ only(slices) }}
),

causes as (
    select * from {{ ref('int_spell_causes') }}
),

movements as (
    select * from {{ ref('fct_mrr_movements') }}
    where movement_type in ('churn', 'contraction')
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

-- A customer who left twice in a period was lost by the last time.
lost as (
    select
        customer_periods.customer_id,
        customer_periods.basis,
        customer_periods.period_grain,
        customer_periods.period_start,
        max(causes.spell_number) as spell_number
    from customer_periods
    inner join causes
        on
            customer_periods.customer_id = causes.customer_id
            and customer_periods.basis = causes.basis
            and customer_periods.period_start <= causes.ended_on
            and customer_periods.period_end > causes.ended_on
    where customer_periods.state = 'lost'
    group by
        customer_periods.customer_id,
        customer_periods.basis,
        customer_periods.period_grain,
        customer_periods.period_start
),

losses as (
    select
        lost.customer_id,
        lost.basis,
        lost.period_grain,
        lost.period_start,
        causes.cause,
        causes.is_stated,
        causes.is_voluntary,
        1 as lost_customers,
        cast(0 as decimal(18, 4)) as churned_mrr,
        cast(0 as decimal(18, 4)) as contraction_mrr
    from lost
    inner join causes
        on
            lost.customer_id = causes.customer_id
            and lost.basis = causes.basis
            and lost.spell_number = causes.spell_number

    union all

    -- Paying less has the cause that the new term states.
    select
        movements.customer_id,
        'subscription' as basis,
        date_periods.period_grain,
        date_periods.period_start,
        case
            when movements.movement_type = 'churn' then coalesce(causes.cause, 'unexplained')
            when movements.change_cause in ('plan', 'quantity') then 'downgrade'
            else movements.change_cause
        end as cause,
        coalesce(movements.movement_type = 'churn' and causes.is_stated, false) as is_stated,
        coalesce(movements.movement_type <> 'churn' or causes.is_voluntary, true) as is_voluntary,
        0 as lost_customers,
        case when movements.movement_type = 'churn' then -movements.mrr_change else 0 end as churned_mrr,
        case when movements.movement_type = 'contraction' then -movements.mrr_change else 0 end as contraction_mrr
    from movements
    inner join date_periods on movements.moved_on = date_periods.date_day
    left join causes
        on
            movements.customer_id = causes.customer_id
            and causes.basis = 'subscription'
            and movements.moved_on = causes.ended_on
),

attributed as (
    select
        losses.*,
        customer_periods.period_end,
        customer_periods.is_complete,
        {{ segment_attributes() | join(',\n        ') }}
    from losses
    inner join customer_periods
        on
            losses.customer_id = customer_periods.customer_id
            and losses.basis = customer_periods.basis
            and losses.period_grain = customer_periods.period_grain
            and losses.period_start = customer_periods.period_start
)

select * from attributed
