{% set all_causes = 'partition by period_grain, period_start, segment_name, segment_value, basis' %}
with totals as (
    select
        *,
        cast(churned_mrr + contraction_mrr as decimal(18, 4)) as lost_mrr
    from {{ ref('int_loss_totals') }}
),

whole as (
    select
        *,
        cast(sum(lost_customers) over ({{ all_causes }}) as bigint) as all_lost_customers,
        cast(sum(lost_mrr) over ({{ all_causes }}) as decimal(18, 4)) as all_lost_mrr
    from totals
),

shared as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        basis,
        cause,

        -- flags
        is_stated,
        is_voluntary,

        -- counts
        lost_customers,
        all_lost_customers,

        -- money
        {% for measure in ['lost_mrr', 'churned_mrr', 'contraction_mrr', 'all_lost_mrr'] %}
        case when basis = 'subscription' then {{ measure }} end as {{ measure }},
        {% endfor %}

        -- rates
        {{ segment_rate('lost_customers', 'all_lost_customers', 'all_lost_customers') }} as share_of_lost_customers,
        {% for limit, share in [('lower', wilson_lower), ('upper', wilson_upper)] %}
        case
            when {{ is_large_enough('all_lost_customers') }}
                then {{ share('lost_customers', 'all_lost_customers') }}
        end as share_{{ limit }}_95,
        {% endfor %}
        case
            when basis = 'subscription'
                then {{ segment_rate('lost_mrr', 'all_lost_mrr', 'all_lost_customers') }}
        end as share_of_lost_mrr
    from whole
)

select * from shared
