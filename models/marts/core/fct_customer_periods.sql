{% set slices = restated_slices() %}
{% set counts = ['visits', 'emails_delivered', 'emails_opened', 'emails_clicked', 'social_interactions', 'tickets'] %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with keys as (
    select * from {{ ref('int_customer_period_keys') }}
),

states as (
    select * from {{ ref('int_customer_period_states') }}
),

orders as (
    select * from {{ ref('int_customer_period_orders') }}
),

mrr as (
    select * from {{ ref('int_customer_period_mrr') }}
),

earnings as (
    select * from {{ ref('int_customer_period_earnings') }}
),

signals as (
    select * from {{ ref('int_customer_period_signals') }}
),

loyalty as (
    select * from {{ ref('int_customer_period_loyalty') }}
),

joined as (
    select
        -- ids
        keys.customer_id,
        keys.basis,
        keys.period_grain,
        keys.period_start,
        keys.period_end,

        -- text
        states.state,
        {% for attribute in segment_attributes() %}
        keys.{{ attribute }},
        {% endfor %}

        -- numbers
        keys.tenure_days,
        case when keys.basis = 'purchase' then coalesce(orders.orders, 0) end as orders,
        case when keys.basis = 'purchase' then coalesce(orders.promo_orders, 0) end as promo_orders,
        {% for amount in ['gross_amount', 'discount_amount', 'refund_amount', 'net_order_value', 'cost'] %}
        case when keys.basis = 'purchase' then coalesce(orders.{{ amount }}, cast(0 as decimal(18, 4))) end
            as {{ amount }},
        {% endfor %}
        orders.first_order_number,
        orders.last_order_number,
        {% for measure in ['opening', 'new', 'expansion', 'contraction', 'churn', 'reactivation', 'closing'] %}
        case when keys.basis = 'subscription' then coalesce(mrr.mrr_{{ measure }}, cast(0 as decimal(18, 4))) end
            as mrr_{{ measure }},
        {% endfor %}
        case
            when keys.basis = 'subscription' then coalesce(earnings.recurring_revenue, cast(0 as decimal(18, 4)))
        end as recurring_revenue,

        -- signals, whatever the basis
        {% for count in counts %}
        coalesce(signals.{{ count }}, 0) as {{ count }},
        {% endfor %}
        signals.visit_minutes,
        signals.median_resolution_hours,
        signals.last_nps_score,
        signals.last_csat_score,
        {% for points in ['points_earned', 'points_redeemed', 'points_balance'] %}
        coalesce(loyalty.{{ points }}, cast(0 as decimal(18, 4))) as {{ points }},
        {% endfor %}
        coalesce(loyalty.loyalty_tier, 'none') as tier,

        -- flags
        keys.is_complete,
        coalesce(states.is_current_at_start, false) as is_current_at_start,
        coalesce(states.is_current_at_end, false) as is_current_at_end,
        case keys.basis
            when 'purchase' then coalesce(orders.orders > 0, false)
            else coalesce(states.has_spell_inside, false)
        end as is_active
    from keys
    left join states
        on
            keys.customer_id = states.customer_id
            and keys.basis = states.basis
            and keys.period_grain = states.period_grain
            and keys.period_start = states.period_start
    {% for relation, basis in [('orders', 'purchase'), ('mrr', 'subscription'), ('earnings', 'subscription')] %}
    left join {{ relation }}
        on
            keys.basis = '{{ basis }}'
            and keys.customer_id = {{ relation }}.customer_id
            and keys.period_grain = {{ relation }}.period_grain
            and keys.period_start = {{ relation }}.period_start
    {% endfor %}
    {% for relation in ['signals', 'loyalty'] %}
    left join {{ relation }}
        on
            keys.customer_id = {{ relation }}.customer_id
            and keys.period_grain = {{ relation }}.period_grain
            and keys.period_start = {{ relation }}.period_start
    {% endfor %}
),

valued as (
    select
        *,
        cast(gross_amount - discount_amount - refund_amount as decimal(18, 4)) as net_revenue,
        cast(gross_amount - discount_amount - refund_amount - cost as decimal(18, 4)) as net_margin,
        coalesce(first_order_number = 1, false) as is_first_order_inside
    from joined
)

select * from valued
