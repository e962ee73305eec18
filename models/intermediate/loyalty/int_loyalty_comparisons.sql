-- What loyalty_member_uplift compares, by customer and period: members at the period's start against others, and who
-- joined in the period before and after it. Only periods at whose start there was a member, or in which one joined.
with customer_periods as (
    select * from {{ ref('int_customer_periods') }}
),

purchases as (
    select * from {{ ref('fct_customer_periods') }}
    where basis = 'purchase'
),

tier_days as (
    select * from {{ ref('int_loyalty_tier_days') }}
),

joiners as (
    select * from {{ ref('int_loyalty_joiners') }}
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
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

against_others as (
    select
        'members against others' as comparison,
        customer_periods.period_grain,
        customer_periods.period_start,
        customer_periods.period_end,
        customer_periods.is_complete,
        {% for attribute in segment_attributes() %}
        customer_periods.{{ attribute }},
        {% endfor %}
        tier_days.customer_id is not null as is_member,
        coalesce(purchases.orders, 0) as orders,
        coalesce(purchases.net_order_value, cast(0 as decimal(18, 4))) as net_order_value,
        customer_periods.is_current_at_start,
        customer_periods.is_lost,
        0 as orders_in_both
    from customer_periods
    inner join member_periods
        on
            customer_periods.period_grain = member_periods.period_grain
            and customer_periods.period_start = member_periods.period_start
    left join purchases
        on
            customer_periods.customer_id = purchases.customer_id
            and customer_periods.period_grain = purchases.period_grain
            and customer_periods.period_start = purchases.period_start
    left join tier_days
        on
            {{ in_force('tier_days', 'customer_periods.customer_id', 'customer_periods.period_start') }}
    where customer_periods.is_current_at_start or customer_periods.is_current_at_end or purchases.orders > 0
),

joined as (
    select
        joiners.*,
        date_periods.period_grain,
        date_periods.period_start,
        date_periods.period_end
    from joiners
    inner join date_periods on joiners.joined_on = date_periods.date_day
),

{% for window, is_member in [('before', 'false'), ('after', 'true')] %}
{{ window }}_joining as (
    select
        'before and after joining' as comparison,
        joined.period_grain,
        joined.period_start,
        joined.period_end,
        periods.is_complete,
        {{ attributes_of('segments') }},
        {{ is_member }} as is_member,
        joined.orders_{{ window }} as orders,
        joined.value_{{ window }} as net_order_value,
        false as is_current_at_start,
        false as is_lost,
        joined.orders_before * joined.orders_after as orders_in_both
    from joined
    inner join periods on joined.period_grain = periods.period_grain and joined.period_start = periods.period_start
    left join segments on joined.customer_id = segments.customer_id and joined.period_start = segments.period_start
),

{% endfor %}
comparisons as (
    select * from against_others
    union all
    select * from before_joining
    union all
    select * from after_joining
)

select * from comparisons
