-- What loyalty_member_uplift compares, by period and segment: members at the period's start against others, where there
-- were any, and who joined in the period before and after it.
{% set keys = ['period_grain', 'period_start', 'period_end', 'is_complete', 'comparison'] %}
{% set groups = {'member': 'is_member', 'other': 'not is_member'} %}
{% set compared = ['is_member', 'orders', 'net_order_value'] %}
with customers as (
    select * from {{ ref('int_loyalty_comparisons') }}
),

joinings as (
    select * from {{ ref('int_loyalty_joinings') }}
),

tier_days as (
    select * from {{ ref('int_loyalty_tier_days') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

member_periods as (
    select distinct
        periods.period_grain,
        periods.period_start
    from periods
    inner join tier_days
        on
            {{ counts_on('tier_days', 'periods.period_start') }}
),

comparisons as (
    select
        'members against others' as comparison,
        customers.{{ (keys[:4] + segment_attributes() + compared) | join(',\n        customers.') }},
        customers.is_current_at_start,
        customers.is_lost,
        0 as orders_in_both
    from customers
    inner join member_periods
        on
            customers.period_grain = member_periods.period_grain
            and customers.period_start = member_periods.period_start

    union all

    select
        'before and after joining' as comparison,
        {{ (keys[:4] + segment_attributes() + compared) | join(',\n        ') }},
        false as is_current_at_start,
        false as is_lost,
        orders_in_both
    from joinings
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
