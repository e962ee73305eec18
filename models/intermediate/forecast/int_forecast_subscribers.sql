-- Every subscriber as each forecast sees him, and when he left after it.
with days as (
    select * from {{ ref('int_forecast_days') }}
),

spells as (
    select * from {{ ref('fct_customer_spells') }}
    where basis = 'subscription'
),

movements as (
    select * from {{ ref('fct_mrr_movements') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test
),

-- Current at the first instant of the day.
current_customers as (
    select
        days.forecast_on,
        days.as_of_date,
        spells.customer_id,
        spells.started_on,
        spells.ended_on
    from spells
    inner join customers on spells.customer_id = customers.customer_id
    inner join days
        on
            spells.started_on < days.forecast_on
            and (spells.ended_on is null or spells.ended_on >= days.forecast_on)
),

paying as (
    select
        current_customers.forecast_on,
        current_customers.customer_id,
        cast(sum(movements.mrr_change) as decimal(18, 4)) as mrr
    from current_customers
    inner join movements
        on
            current_customers.customer_id = movements.customer_id
            and current_customers.forecast_on > movements.moved_on
    group by current_customers.forecast_on, current_customers.customer_id
),

summarised as (
    select
        -- ids
        current_customers.forecast_on,
        current_customers.customer_id,

        -- what the forecast knows
        cast({{ days_between('current_customers.started_on', 'current_customers.forecast_on') }} as int)
            as tenure_days,
        coalesce(paying.mrr, cast(0 as decimal(18, 4))) as mrr,

        -- what came after: days of it that were seen, and after how many of them he left, if he did
        cast({{ days_between('current_customers.forecast_on', 'current_customers.as_of_date') }} as int)
            as followed_days,
        cast({{ days_between('current_customers.forecast_on', 'current_customers.ended_on') }} as int)
            as left_after_days
    from current_customers
    left join paying
        on
            current_customers.forecast_on = paying.forecast_on
            and current_customers.customer_id = paying.customer_id
)

select * from summarised
