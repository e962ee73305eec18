-- Recurring revenue of each customer so far, earned day by day: MRR x 12 / 365 for each day of a term; and MRR now.
with terms as (
    select * from {{ ref('int_subscription_terms') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

earned as (
    select
        terms.customer_id,
        terms.mrr,
        terms.ended_on is null as is_open,
        {{ days_between('terms.started_on', 'coalesce(terms.ended_on, as_of.as_of_date)') }} as days
    from terms
    cross join as_of
),

customers as (
    select
        customer_id,
        cast(sum({{ earned('mrr * days') }}) as decimal(18, 4)) as recurring_revenue,
        cast(sum(case when is_open then mrr else 0 end) as decimal(18, 4)) as mrr
    from earned
    group by customer_id
)

select * from customers
