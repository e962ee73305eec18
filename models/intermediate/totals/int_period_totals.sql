-- fct_customer_periods added up by period and segment: what the marts by period divide.
{% set keys = ['basis', 'period_grain', 'period_start', 'period_end', 'is_complete'] %}
with customer_periods as (
    select * from {{ ref('fct_customer_periods') }}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},

        -- customers
        {% for state in ['new', 'reactivated', 'lost', 'joined_and_lost', 'reactivated_and_lost'] %}
        cast(sum(case when state = '{{ state }}' then 1 else 0 end) as bigint) as {{ state }}_customers,
        {% endfor %}
        cast(sum(case when is_current_at_start then 1 else 0 end) as bigint) as customers_at_start,
        cast(sum(case when is_current_at_end then 1 else 0 end) as bigint) as customers_at_end,

        -- orders
        cast(sum(case when orders > 0 then 1 else 0 end) as bigint) as buyers,
        cast(sum(case when orders > 1 then 1 else 0 end) as bigint) as repeat_buyers,
        cast(sum(case when last_order_number > 1 then 1 else 0 end) as bigint) as returning_buyers,
        cast(sum(case when is_first_order_inside then 1 else 0 end) as bigint) as new_buyers,
        cast(sum(orders) as bigint) as orders,
        cast(sum(case when is_first_order_inside then orders else 0 end) as bigint) as new_orders,
        cast(sum(gross_amount) as decimal(18, 4)) as gross_amount,
        cast(sum(discount_amount) as decimal(18, 4)) as discount_amount,
        cast(sum(refund_amount) as decimal(18, 4)) as refund_amount,
        cast(sum(net_revenue) as decimal(18, 4)) as net_revenue,
        cast(sum(case when is_first_order_inside then net_revenue else 0 end) as decimal(18, 4)) as new_net_revenue,
        cast(sum(net_order_value) as decimal(18, 4)) as net_order_value,
        cast(sum(net_margin) as decimal(18, 4)) as net_margin,

        -- recurring revenue
        cast(sum(case when mrr_opening > 0 then 1 else 0 end) as bigint) as opening_subscribers,
        cast(sum(case when mrr_closing > 0 then 1 else 0 end) as bigint) as closing_subscribers,
        {% for measure in ['opening', 'new', 'expansion', 'contraction', 'churn', 'reactivation', 'closing'] %}
        cast(sum(mrr_{{ measure }}) as decimal(18, 4)) as mrr_{{ measure }},
        {% endfor %}
        cast(sum(case when mrr_opening > 0 then mrr_closing end) as decimal(18, 4)) as start_set_closing_mrr,
        cast(
            sum(
                case
                    when mrr_opening > 0 and mrr_opening < mrr_closing then mrr_opening
                    when mrr_opening > 0 then mrr_closing
                end
            ) as decimal(18, 4)
        ) as start_set_kept_mrr
    from customer_periods
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
