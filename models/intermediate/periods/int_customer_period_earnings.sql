-- Recurring revenue that each customer brought in each period, earned day by day.
{% set slices = restated_slices() %}
with terms as (
    select * from {{ ref('int_subscription_terms') }}
    {{ only_customers(slices) }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

shared_days as (
    select
        terms.customer_id,
        terms.mrr,
        periods.period_grain,
        periods.period_start,
        case
            when terms.started_on > periods.period_start then terms.started_on else periods.period_start
        end as from_on,
        case when terms.ended_on < periods.seen_until then terms.ended_on else periods.seen_until end as until_on
    from terms
    inner join periods
        on
            terms.started_on < periods.seen_until
            and (terms.ended_on is null or terms.ended_on > periods.period_start)
),

earned as (
    select
        customer_id,
        period_grain,
        period_start,
        cast(sum({{ earned('mrr * ' ~ days_between('from_on', 'until_on')) }}) as decimal(18, 4)) as recurring_revenue
    from shared_days
    {{ only(slices) }}
    group by customer_id, period_grain, period_start
)

select * from earned
