-- int_loyalty_comparisons added up by period and segment, members apart from others.
{% set keys = ['period_grain', 'period_start', 'period_end', 'is_complete', 'comparison'] %}
{% set groups = {'member': 'is_member', 'other': 'not is_member'} %}
with comparisons as (
    select * from {{ ref('int_loyalty_comparisons') }}
),

totals as (
    select
        {{ keys | join(',\n        ') }},
        {{ segment_columns() }},
        {% for name, condition in groups.items() %}
        cast(sum(case when {{ condition }} then 1 else 0 end) as bigint) as {{ name }}_customers,
        cast(sum(case when {{ condition }} and orders > 0 then 1 else 0 end) as bigint) as {{ name }}_buyers,
        cast(sum(case when {{ condition }} then orders else 0 end) as bigint) as {{ name }}_orders,
        cast(sum(case when {{ condition }} then net_order_value else 0 end) as decimal(18, 4))
            as {{ name }}_net_order_value,
        cast(sum(case when {{ condition }} and is_current_at_start then 1 else 0 end) as bigint)
            as {{ name }}_customers_at_start,
        cast(sum(case when {{ condition }} and is_lost then 1 else 0 end) as bigint) as {{ name }}_lost_customers,
        cast(sum(case when {{ condition }} then cast(orders as bigint) * orders else 0 end) as bigint)
            as {{ name }}_orders_xx,
        sum(case when {{ condition }} then {{ product_of('net_order_value', 'orders') }} else 0 end)
            as {{ name }}_value_xy,
        sum(case when {{ condition }} then {{ product_of('net_order_value', 'net_order_value') }} else 0 end)
            as {{ name }}_value_yy,
        {% endfor %}
        cast(sum(case when is_member then orders_in_both else 0 end) as bigint) as orders_in_both
    from comparisons
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
