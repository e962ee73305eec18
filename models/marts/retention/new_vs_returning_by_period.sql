with totals as (
    select * from {{ ref('int_period_totals') }}
    where basis = 'purchase'
),

split as (
    select
        *,
        buyers - new_buyers as old_buyers,
        orders - new_orders as old_orders,
        cast(net_revenue - new_net_revenue as decimal(18, 4)) as old_net_revenue
    from totals
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
        new_buyers,
        old_buyers as returning_buyers,
        new_orders,
        old_orders as returning_orders,

        -- money
        new_net_revenue,
        old_net_revenue as returning_net_revenue,

        -- rates
        {{ segment_rate('new_net_revenue', 'new_buyers', 'new_buyers') }} as new_net_revenue_per_buyer,
        {{ segment_rate('old_net_revenue', 'old_buyers', 'old_buyers') }} as returning_net_revenue_per_buyer,
        {{ segment_rate(
            ratio('old_net_revenue', 'old_buyers'), ratio('new_net_revenue', 'new_buyers'),
            'case when new_buyers < old_buyers then new_buyers else old_buyers end'
        ) }} as returning_spend_ratio
    from split
)

select * from rated
