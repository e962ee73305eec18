-- The plan of each paying customer at the first instant of a period: that of the highest MRR where there are several.
{% set slices = segment_slices() %}
with terms as (
    select * from {{ ref('int_subscription_terms') }}
),

starts as (
    select distinct period_start from {{ ref('dim_periods') }}
),

paid as (
    select
        terms.customer_id,
        terms.plan_id,
        starts.period_start,
        row_number() over (
            partition by terms.customer_id, starts.period_start
            order by terms.mrr desc nulls last, terms.plan_id asc nulls last, terms.term_id asc nulls last
        ) as plan_number
    from terms
    inner join starts
        on
            terms.started_on < starts.period_start
            and (terms.ended_on is null or terms.ended_on >= starts.period_start)
),

plans as (
    select
        customer_id,
        period_start,
        coalesce(plan_id, 'unknown') as plan
    from paid
    where
        plan_number = 1
        {{ only(slices, word='and') }}
)

select * from plans
