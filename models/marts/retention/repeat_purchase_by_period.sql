with lifetime as (
    select * from {{ ref('int_lifetime_totals') }}
),

totals as (
    select * from {{ ref('int_period_totals') }}
    where basis = 'purchase'
),

counted as (
    select
        lifetime.*,
        coalesce(totals.buyers, 0) as buyers,
        coalesce(totals.repeat_buyers, 0) as repeat_buyers,
        coalesce(totals.returning_buyers, 0) as returning_buyers
    from lifetime
    left join totals
        on
            lifetime.period_grain = totals.period_grain
            and lifetime.period_start = totals.period_start
            and lifetime.segment_name = totals.segment_name
            and lifetime.segment_value = totals.segment_value
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
