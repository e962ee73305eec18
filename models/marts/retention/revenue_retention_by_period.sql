with segment_periods as (
    select * from {{ ref('int_segment_periods') }}
),

totals as (
    select * from {{ ref('int_period_totals') }}
    where basis = 'subscription'
),

pairs as (
    select * from {{ ref('int_buyer_pair_totals') }}
),

-- Subscriptions: what MRR became. Purchases: what the buyers of the period before spent in this one.
revenue as (
    select
        segment_periods.*,
        {% for measure in ['opening', 'new', 'expansion', 'reactivation', 'closing'] %}
        case
            when segment_periods.basis = 'subscription' then coalesce(totals.mrr_{{ measure }}, 0)
        end as {{ measure }}_mrr,
        {% endfor %}
        -- losses as positive amounts
        {% for loss, measure in [('contraction', 'contraction_mrr'), ('churn', 'churned_mrr')] %}
        case
            when segment_periods.basis = 'subscription' then coalesce(-totals.mrr_{{ loss }}, 0)
        end as {{ measure }},
        {% endfor %}
        coalesce(totals.opening_subscribers, pairs.opening_buyers, 0) as opening_customers,
        coalesce(totals.mrr_opening, pairs.opening_revenue, 0) as opening_revenue,
        coalesce(totals.start_set_closing_mrr, pairs.retained_revenue, 0) as retained_revenue,
        coalesce(totals.start_set_kept_mrr, pairs.kept_revenue, 0) as kept_revenue
    from segment_periods
    left join totals
        on
            {{ same_segment_period('segment_periods', 'totals', ['basis']) }}
    left join pairs
        on
            segment_periods.basis = 'purchase'
            and {{ same_segment_period('segment_periods', 'pairs') }}
),

summed as (
    select
        *,
        contraction_mrr + churned_mrr as gross_lost_mrr,
        contraction_mrr + churned_mrr - expansion_mrr
        {% if var('net_churn_counts_reactivation') %}- reactivation_mrr{% endif %} as net_lost_mrr,
        new_mrr + expansion_mrr + reactivation_mrr as gained_mrr
    from revenue
),

rated as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        basis,

        -- counts
        opening_customers,

        -- money
        {% for measure in [
            'opening_mrr', 'new_mrr', 'expansion_mrr', 'contraction_mrr', 'churned_mrr', 'reactivation_mrr',
            'closing_mrr', 'gross_lost_mrr', 'net_lost_mrr', 'gained_mrr', 'opening_revenue', 'retained_revenue',
            'kept_revenue'
        ] %}
        cast({{ measure }} as decimal(18, 4)) as {{ measure }},
        {% endfor %}

        -- rates
        {{ segment_rate('gross_lost_mrr', 'opening_mrr', 'opening_customers') }} as gross_revenue_churn_rate,
        {{ segment_rate('net_lost_mrr', 'opening_mrr', 'opening_customers') }} as net_revenue_churn_rate,
        {{ segment_rate('kept_revenue', 'opening_revenue', 'opening_customers') }} as gross_revenue_retention,
        {{ segment_rate('retained_revenue', 'opening_revenue', 'opening_customers') }} as net_revenue_retention,
        {{ segment_rate('gained_mrr', 'gross_lost_mrr', 'opening_customers') }} as quick_ratio
    from summed
)

select * from rated
