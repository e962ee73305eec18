-- fct_customer_periods added up by period and segment: what the marts by period divide.
{% set keys = ['basis', 'period_grain', 'period_start', 'period_end', 'is_complete'] %}
{% set slices = restated_slices() %}
{{ config(**replace_totals()) }}
with customer_periods as (
    {{ counted_rows('fct_customer_periods', slices) }}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},

        -- rows behind it
        cast(sum({{ signed(1) }}) as bigint) as customer_periods,

        -- customers
        {% for state in ['new', 'reactivated', 'lost', 'joined_and_lost', 'reactivated_and_lost'] %}
        cast(sum(case when state = '{{ state }}' then {{ signed(1) }} else 0 end) as bigint) as {{ state }}_customers,
        {% endfor %}
        cast(sum(case when is_current_at_start then {{ signed(1) }} else 0 end) as bigint) as customers_at_start,
        cast(sum(case when is_current_at_end then {{ signed(1) }} else 0 end) as bigint) as customers_at_end,

        -- orders
        cast(sum(case when orders > 0 then {{ signed(1) }} else 0 end) as bigint) as buyers,
        cast(sum(case when orders > 1 then {{ signed(1) }} else 0 end) as bigint) as repeat_buyers,
        cast(sum(case when last_order_number > 1 then {{ signed(1) }} else 0 end) as bigint) as returning_buyers,
        cast(sum(case when is_first_order_inside then {{ signed(1) }} else 0 end) as bigint) as new_buyers,
        cast(sum({{ signed('orders') }}) as bigint) as orders,
        cast(sum(case when is_first_order_inside then {{ signed('orders') }} else 0 end) as bigint) as new_orders,
        cast(sum({{ signed('gross_amount') }}) as decimal(18, 4)) as gross_amount,
        cast(sum({{ signed('discount_amount') }}) as decimal(18, 4)) as discount_amount,
        cast(sum({{ signed('refund_amount') }}) as decimal(18, 4)) as refund_amount,
        cast(sum({{ signed('net_revenue') }}) as decimal(18, 4)) as net_revenue,
        cast(
            sum(case when is_first_order_inside then {{ signed('net_revenue') }} else 0 end) as decimal(18, 4)
        ) as new_net_revenue,
        cast(sum({{ signed('net_order_value') }}) as decimal(18, 4)) as net_order_value,
        cast(sum({{ signed('net_margin') }}) as decimal(18, 4)) as net_margin,

        -- recurring revenue
        cast(sum(case when mrr_opening > 0 then {{ signed(1) }} else 0 end) as bigint) as opening_subscribers,
        cast(sum(case when mrr_closing > 0 then {{ signed(1) }} else 0 end) as bigint) as closing_subscribers,
        {% for measure in ['opening', 'new', 'expansion', 'contraction', 'churn', 'reactivation', 'closing'] %}
        cast(sum({{ signed('mrr_' ~ measure) }}) as decimal(18, 4)) as mrr_{{ measure }},
        {% endfor %}
        cast(sum(case when mrr_opening > 0 then {{ signed('mrr_closing') }} end) as decimal(18, 4))
            as start_set_closing_mrr,
        cast(
            sum(
                case
                    when mrr_opening > 0 and mrr_opening < mrr_closing then {{ signed('mrr_opening') }}
                    when mrr_opening > 0 then {{ signed('mrr_closing') }}
                end
            ) as decimal(18, 4)
        ) as start_set_kept_mrr
    from customer_periods
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='customer_periods') }}

select * from kept_up
