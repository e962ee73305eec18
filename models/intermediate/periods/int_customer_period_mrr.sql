-- MRR of each customer through each period: opening + five movements = closing.
{% set movements = ['new', 'expansion', 'contraction', 'churn', 'reactivation'] %}
{% set slices = restated_slices() %}
with movements as (
    select * from {{ ref('fct_mrr_movements') }}
    {{ only_customers(slices) }}
),

states as (
    select * from {{ ref('int_customer_period_states') }}
    where basis = 'subscription'
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

days as (
    select
        customer_id,
        moved_on,
        sum(mrr_change) as mrr_change
    from movements
    group by customer_id, moved_on
),

moved as (
    select
        movements.customer_id,
        date_periods.period_grain,
        date_periods.period_start,
        {% for movement in movements %}
        sum(case when movements.movement_type = '{{ movement }}' then movements.mrr_change else 0 end)
            as mrr_{{ movement }},
        {% endfor %}
        sum(movements.mrr_change) as mrr_change
    from movements
    inner join date_periods on movements.moved_on = date_periods.date_day
    group by movements.customer_id, date_periods.period_grain, date_periods.period_start
),

-- What each customer paid after each day of a movement, until the next one.
levels as (
    select
        customer_id,
        moved_on as counts_from_on,
        coalesce(
            lead(moved_on) over (partition by customer_id order by moved_on nulls last), cast('9999-12-31' as date)
        ) as counts_until_on,
        sum(mrr_change) over (
            partition by customer_id order by moved_on nulls last rows unbounded preceding
        ) as mrr
    from days
),

opened as (
    select
        states.customer_id,
        states.period_grain,
        states.period_start,
        {% for movement in movements %}
        coalesce(moved.mrr_{{ movement }}, 0) as mrr_{{ movement }},
        {% endfor %}
        coalesce(moved.mrr_change, 0) as mrr_change,
        coalesce(levels.mrr, 0) as mrr_opening
    from states
    left join levels
        on
            states.customer_id = levels.customer_id
            and states.period_start > levels.counts_from_on
            and states.period_start <= levels.counts_until_on
    left join moved
        on
            states.customer_id = moved.customer_id
            and states.period_grain = moved.period_grain
            and states.period_start = moved.period_start
),

typed as (
    select
        customer_id,
        period_grain,
        period_start,
        cast(mrr_opening as decimal(18, 4)) as mrr_opening,
        {% for movement in movements %}
        cast(mrr_{{ movement }} as decimal(18, 4)) as mrr_{{ movement }},
        {% endfor %}
        cast(mrr_opening + mrr_change as decimal(18, 4)) as mrr_closing
    from opened
)

select * from typed
