{% set slices = restated_slices() %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with states as (
    select * from {{ ref('int_customer_period_states') }}
),

orders as (
    select * from {{ ref('int_customer_period_orders') }}
),

mrr as (
    select * from {{ ref('int_customer_period_mrr') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

versions as (
    select * from {{ ref('int_customer_versions') }}
),

first_spells as (
    select * from {{ ref('fct_customer_spells') }}
    where spell_number = 1
),

-- A refund may come long after the last spell: such a row has no state.
keys as (
    select
        customer_id,
        basis,
        period_grain,
        period_start
    from states

    union

    select
        customer_id,
        'purchase' as basis,
        period_grain,
        period_start
    from orders
),

joined as (
    select
        -- ids
        keys.customer_id,
        keys.basis,
        keys.period_grain,
        keys.period_start,
        periods.period_end,

        -- text
        states.state,
        {{ attributes_as_of('versions', 'keys.period_start') }},

        -- numbers
        case
            when first_spells.started_on < keys.period_start
                then cast({{ days_between('first_spells.started_on', 'keys.period_start') }} as int)
            when first_spells.started_on is not null then 0
        end as tenure_days,
        case when keys.basis = 'purchase' then coalesce(orders.orders, 0) end as orders,
        {% for amount in ['gross_amount', 'discount_amount', 'refund_amount', 'net_order_value', 'cost'] %}
        case when keys.basis = 'purchase' then coalesce(orders.{{ amount }}, cast(0 as decimal(18, 4))) end
            as {{ amount }},
        {% endfor %}
        orders.first_order_number,
        orders.last_order_number,
        {% for measure in ['opening', 'new', 'expansion', 'contraction', 'churn', 'reactivation', 'closing'] %}
        mrr.mrr_{{ measure }},
        {% endfor %}

        -- flags
        periods.is_complete,
        coalesce(states.is_current_at_start, false) as is_current_at_start,
        coalesce(states.is_current_at_end, false) as is_current_at_end,
        case keys.basis
            when 'purchase' then coalesce(orders.orders > 0, false)
            else coalesce(states.has_spell_inside, false)
        end as is_active
    from keys
    inner join periods on keys.period_grain = periods.period_grain and keys.period_start = periods.period_start
    inner join versions
        on
            {{ in_force('versions', 'keys.customer_id', 'keys.period_start') }}
    left join first_spells on keys.customer_id = first_spells.customer_id and keys.basis = first_spells.basis
    left join states
        on
            keys.customer_id = states.customer_id
            and keys.basis = states.basis
            and keys.period_grain = states.period_grain
            and keys.period_start = states.period_start
    left join orders
        on
            keys.basis = 'purchase'
            and keys.customer_id = orders.customer_id
            and keys.period_grain = orders.period_grain
            and keys.period_start = orders.period_start
    left join mrr
        on
            keys.basis = 'subscription'
            and keys.customer_id = mrr.customer_id
            and keys.period_grain = mrr.period_grain
            and keys.period_start = mrr.period_start
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
