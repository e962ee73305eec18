-- What each cohort did in each complete month, by segment as of the cohort's month.
{% set keys = ['basis', 'cohort_month', 'active_month'] %}
with customers as (
    select * from {{ ref('int_cohort_customers') }}
),

months as (
    select * from {{ ref('fct_customer_periods') }}
    where period_grain = 'month' and is_complete
),

activity as (
    select
        customers.*,
        months.period_start as active_month,
        months.is_active,
        months.is_current_at_end,
        months.net_revenue
    from customers
    inner join months on customers.customer_id = months.customer_id and customers.basis = months.basis
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(sum(case when is_active then 1 else 0 end) as bigint) as active_customers,
        cast(sum(case when is_current_at_end then 1 else 0 end) as bigint) as current_customers,
        cast(sum(net_revenue) as decimal(18, 4)) as net_revenue
    from activity
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
