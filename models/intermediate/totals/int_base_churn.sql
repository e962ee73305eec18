-- Monthly churn of the whole customer base over its last twelve complete months, by basis.
with totals as (
    select * from {{ ref('int_period_totals') }}
    where segment_name = 'all' and period_grain = 'month' and is_complete
),

recent as (
    select
        *,
        row_number() over (partition by basis order by period_start desc nulls last) as months_ago
    from totals
),

churn as (
    select
        basis,
        cast(sum(lost_customers) as bigint) as lost_customers,
        cast(sum(customers_at_start) as bigint) as customer_months,
        {{ ratio('sum(lost_customers)', 'sum(customers_at_start)') }} as churn_rate
    from recent
    where months_ago <= 12
    group by basis
)

select * from churn
