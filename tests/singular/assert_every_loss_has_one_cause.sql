-- Customers and MRR lost by cause are those that the retention marts show, in each segment.
with causes as (
    select
        basis,
        period_grain,
        period_start,
        segment_name,
        segment_value,
        sum(lost_customers) as lost_customers,
        sum(coalesce(lost_mrr, 0)) as lost_mrr
    from {{ ref('churn_causes_by_period') }}
    group by basis, period_grain, period_start, segment_name, segment_value
),

retention as (
    select * from {{ ref('retention_by_period') }}
),

revenue as (
    select * from {{ ref('revenue_retention_by_period') }}
),

shown as (
    select
        retention.basis,
        retention.period_grain,
        retention.period_start,
        retention.segment_name,
        retention.segment_value,
        retention.lost_customers,
        coalesce(revenue.gross_lost_mrr, 0) as lost_mrr
    from retention
    left join revenue
        on
            {{ same_segment_period('retention', 'revenue', ['basis']) }}
)

select
    coalesce(shown.basis, causes.basis) as basis,
    coalesce(shown.period_grain, causes.period_grain) as period_grain,
    coalesce(shown.period_start, causes.period_start) as period_start,
    coalesce(shown.segment_name, causes.segment_name) as segment_name,
    coalesce(shown.segment_value, causes.segment_value) as segment_value,
    shown.lost_customers,
    causes.lost_customers as lost_customers_with_a_cause,
    shown.lost_mrr,
    causes.lost_mrr as lost_mrr_with_a_cause
from shown
full outer join causes
    on
        {{ same_segment_period('shown', 'causes', ['basis']) }}
where
    coalesce(shown.lost_customers, 0) <> coalesce(causes.lost_customers, 0)
    or coalesce(shown.lost_mrr, 0) <> coalesce(causes.lost_mrr, 0)
