with totals as (
    select * from {{ ref('int_loyalty_totals') }}
),

rated as (
    select
        *,
        cast(points_expired + points_redeemed as decimal(18, 4)) as points_gone,
        {{ segment_rate('points_redeemed', 'points_earned', 'redemption_members') }} as redemption_rate,
        {{ segment_rate('points_expired', '(points_expired + points_redeemed)', 'breakage_members') }} as breakage_rate
    from totals
),

-- Without any spread among the members nothing is known of it: no limits.
measured as (
    select
        *,
        1.96e0 * nullif({{ ratio_error(
            'points_redeemed', 'points_earned', 'redemption_yy', 'redemption_xy', 'redemption_xx', 'redemption_members'
        ) }}, 0e0) as redemption_margin,
        1.96e0 * nullif({{ ratio_error(
            'points_expired', 'points_gone', 'breakage_yy', 'breakage_xy', 'breakage_xx', 'breakage_members'
        ) }}, 0e0) as breakage_margin
    from rated
),

limited as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        programme_id,
        programme_type,
        tier,

        -- counts
        members,
        active_members,
        redemptions,
        redemption_members,
        breakage_members,
        points_earned,
        points_from_partners,
        points_redeemed,
        points_expired,
        points_adjusted,
        points_outstanding,
        points_overdrawn,

        -- money
        case when members_without_rate = 0 then points_liability end as points_liability,

        -- rates
        {{ segment_rate('active_members', 'members', 'members') }} as active_rate,
        redemption_rate,
        case when redemption_rate < redemption_margin then 0e0 else redemption_rate - redemption_margin end
            as redemption_lower_95,
        redemption_rate + redemption_margin as redemption_upper_95,
        breakage_rate,
        case when breakage_rate < breakage_margin then 0e0 else breakage_rate - breakage_margin end
            as breakage_lower_95,
        case when breakage_rate + breakage_margin > 1 then 1e0 else breakage_rate + breakage_margin end
            as breakage_upper_95
    from measured
)

select * from limited
