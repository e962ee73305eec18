with segment_periods as (
    select * from {{ ref('int_segment_periods') }}
    where basis = 'purchase'
),

totals as (
    select * from {{ ref('int_period_totals') }}
    where basis = 'purchase'
),

lifetime as (
    select * from {{ ref('int_lifetime_totals') }}
),

counted as (
    select
        segment_periods.*,
        {% for count in ['buyers', 'repeat_buyers', 'returning_buyers'] %}
        coalesce(totals.{{ count }}, 0) as {{ count }},
        {% endfor %}
        coalesce(lifetime.lifetime_customers, 0) as lifetime_customers,
        coalesce(lifetime.lifetime_repeat_customers, 0) as lifetime_repeat_customers,
        coalesce(lifetime.lifetime_repeat_order_customers, 0) as lifetime_repeat_order_customers
    from segment_periods
    left join totals
        on
            {{ same_segment_period('segment_periods', 'totals') }}
    left join lifetime
        on
            {{ same_segment_period('segment_periods', 'lifetime') }}
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

        -- counts
        buyers,
        repeat_buyers,
        returning_buyers,
        lifetime_customers,
        lifetime_repeat_customers,
        lifetime_repeat_order_customers,

        -- rates
        {{ segment_rate('repeat_buyers', 'buyers', 'buyers') }} as repeat_purchase_rate,
        {{ segment_rate('returning_buyers', 'buyers', 'buyers') }} as returning_customer_rate,
        {{ segment_rate('lifetime_repeat_customers', 'lifetime_customers', 'lifetime_customers') }}
            as lifetime_repeat_rate,
        {{ segment_rate('lifetime_repeat_order_customers', 'lifetime_customers', 'lifetime_customers') }}
            as lifetime_repeat_order_rate
    from counted
)

select * from rated
