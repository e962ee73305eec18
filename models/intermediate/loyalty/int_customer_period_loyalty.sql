-- Points and tier of each customer through each period, over all programmes.
{% set slices = restated_slices() %}
with member_periods as (
    select * from {{ ref('int_loyalty_member_periods') }}
    {{ only(slices) }}
),

tier_days as (
    select * from {{ ref('int_loyalty_tier_days') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

added_up as (
    select
        customer_id,
        period_grain,
        period_start,
        cast(sum(points_earned) as decimal(18, 4)) as points_earned,
        cast(sum(points_redeemed) as decimal(18, 4)) as points_redeemed,
        cast(sum(points_balance) as decimal(18, 4)) as points_balance
    from member_periods
    group by customer_id, period_grain, period_start
),

tiered as (
    select
        added_up.*,
        coalesce(tier_days.loyalty_tier, 'none') as loyalty_tier
    from added_up
    inner join periods
        on added_up.period_grain = periods.period_grain and added_up.period_start = periods.period_start
    left join tier_days
        on
            {{ in_force('tier_days', 'added_up.customer_id', 'periods.seen_until') }}
)

select * from tiered
