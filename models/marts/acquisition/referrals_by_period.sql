with totals as (
    select * from {{ ref('int_referral_totals') }}
),

limited as (
    select
        *,
        {{ wilson_lower('conversions', 'invitations') }} as lower_end,
        {{ wilson_upper('conversions', 'invitations') }} as upper_end
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
        invitations,
        conversions,
        referred_customers,
        customers,

        -- money
        net_revenue as referred_net_revenue,
        net_margin as referred_net_margin,
        case when without_rate = 0 then reward_amount end as reward_amount,

        -- rates
        {{ segment_rate('conversions', 'invitations', 'invitations') }} as conversion_rate,
        case when {{ is_large_enough('invitations') }} then lower_end end as lower_95,
        case when {{ is_large_enough('invitations') }} then upper_end end as upper_95,
        {{ segment_rate('conversions', 'customers', 'customers') }} as viral_coefficient
    from limited
)

select * from rated
