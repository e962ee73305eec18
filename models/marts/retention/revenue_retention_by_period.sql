with totals as (
    select * from {{ ref('int_period_totals') }}
),

pairs as (
    select * from {{ ref('int_buyer_pair_totals') }}
),

subscriptions as (
    select
        *,
        -mrr_contraction as lost_by_contraction,
        -mrr_churn as lost_by_churn,
        cast(mrr_new + mrr_expansion + mrr_reactivation as decimal(18, 4)) as gained
    from totals
    where basis = 'subscription'
),

revenue as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        basis,
        opening_subscribers as opening_customers,
        mrr_opening as opening_mrr,
        mrr_new as new_mrr,
        mrr_expansion as expansion_mrr,
        cast(lost_by_contraction as decimal(18, 4)) as contraction_mrr,
        cast(lost_by_churn as decimal(18, 4)) as churned_mrr,
        mrr_reactivation as reactivation_mrr,
        mrr_closing as closing_mrr,
        mrr_opening as opening_revenue,
        coalesce(start_set_closing_mrr, cast(0 as decimal(18, 4))) as retained_revenue,
        coalesce(start_set_kept_mrr, cast(0 as decimal(18, 4))) as kept_revenue,
        cast(lost_by_churn + lost_by_contraction as decimal(18, 4)) as gross_lost_mrr,
        cast(
            lost_by_churn + lost_by_contraction - mrr_expansion
            {% if var('net_churn_counts_reactivation') %}- mrr_reactivation{% endif %} as decimal(18, 4)
        ) as net_lost_mrr,
        gained as gained_mrr
    from subscriptions

    union all

    select
        totals.period_grain,
        totals.period_start,
        totals.period_end,
        totals.is_complete,
        totals.segment_name,
        totals.segment_value,
        totals.basis,
        coalesce(pairs.opening_buyers, 0) as opening_customers,
        {% for measure in ['opening', 'new', 'expansion', 'contraction', 'churned', 'reactivation', 'closing'] %}
        cast(null as decimal(18, 4)) as {{ measure }}_mrr,
        {% endfor %}
        coalesce(pairs.opening_revenue, cast(0 as decimal(18, 4))) as opening_revenue,
        coalesce(pairs.retained_revenue, cast(0 as decimal(18, 4))) as retained_revenue,
        coalesce(pairs.kept_revenue, cast(0 as decimal(18, 4))) as kept_revenue,
        cast(null as decimal(18, 4)) as gross_lost_mrr,
        cast(null as decimal(18, 4)) as net_lost_mrr,
        cast(null as decimal(18, 4)) as gained_mrr
    from totals
    left join pairs
        on
            totals.period_grain = pairs.period_grain
            and totals.period_start = pairs.period_start
            and totals.segment_name = pairs.segment_name
            and totals.segment_value = pairs.segment_value
    where totals.basis = 'purchase'
),

rated as (
    select
        *,
        {{ segment_rate('gross_lost_mrr', 'opening_mrr', 'opening_customers') }} as gross_revenue_churn_rate,
        {{ segment_rate('net_lost_mrr', 'opening_mrr', 'opening_customers') }} as net_revenue_churn_rate,
        {{ segment_rate('kept_revenue', 'opening_revenue', 'opening_customers') }} as gross_revenue_retention,
        {{ segment_rate('retained_revenue', 'opening_revenue', 'opening_customers') }} as net_revenue_retention,
        {{ segment_rate('gained_mrr', 'gross_lost_mrr', 'opening_customers') }} as quick_ratio
    from revenue
)

select * from rated
