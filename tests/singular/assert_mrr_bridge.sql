-- opening + movements = closing for every customer and period and in the mart; and what the movements add up to
-- is what the open terms pay.
with moved as (
    select coalesce(sum(mrr_change), 0) as mrr
    from {{ ref('fct_mrr_movements') }}
),

open_terms as (
    select coalesce(sum(mrr), 0) as mrr
    from {{ ref('int_subscription_terms') }}
    where ended_on is null
)

select
    customer_id as id,
    period_start,
    'fct_customer_periods' as place
from {{ ref('fct_customer_periods') }}
where
    basis = 'subscription'
    and (
        mrr_opening + mrr_new + mrr_expansion + mrr_contraction + mrr_churn + mrr_reactivation <> mrr_closing
        or mrr_opening < 0
        or mrr_closing < 0
        or (mrr_closing > 0) <> is_current_at_end and {{ var('subscription_grace_days') | int }} = 0
    )

union all

select
    segment_value as id,
    period_start,
    'revenue_retention_by_period' as place
from {{ ref('revenue_retention_by_period') }}
where
    basis = 'subscription'
    and opening_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr <> closing_mrr

union all

select
    'open terms' as id,
    cast(null as date) as period_start,
    'fct_mrr_movements' as place
from moved
cross join open_terms
where moved.mrr <> open_terms.mrr
