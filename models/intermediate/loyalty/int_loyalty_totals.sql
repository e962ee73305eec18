-- Members and points added up by period, segment, programme and tier, with the sums of squares that limits need.
{% set keys = ['period_grain', 'period_start', 'period_end', 'is_complete', 'programme_id', 'programme_type', 'tier'] %}
{% set pairs = {
    'redemption': ('points_redeemed', 'points_earned'),
    'breakage': ('points_expired', 'points_gone'),
} %}
{% set slices = restated_slices(periods='int_revalued_periods') %}
{{ config(**replace_totals()) }}
with liabilities as (
    {{ counted_rows('int_loyalty_liabilities', slices) }}
),

gone as (
    select
        *,
        cast(points_expired + points_redeemed as decimal(18, 4)) as points_gone
    from liabilities
),

totals as (
    select
        {{ keys | join(',\n        ') }},
        {{ segment_columns() }},

        -- rows behind it
        cast(sum({{ signed(1) }}) as bigint) as member_periods,

        -- members
        cast(sum(case when is_member then {{ signed(1) }} else 0 end) as bigint) as members,
        cast(sum(case when is_member and is_active then {{ signed(1) }} else 0 end) as bigint) as active_members,
        cast(sum({{ signed('redemptions') }}) as bigint) as redemptions,

        -- points
        {% for kind in ['earned', 'redeemed', 'expired', 'adjusted', 'from_partners'] %}
        cast(sum({{ signed('points_' ~ kind) }}) as decimal(18, 4)) as points_{{ kind }},
        {% endfor %}
        cast(sum({{ signed('points_balance') }}) as decimal(18, 4)) as points_outstanding,
        cast(sum(case when points_balance < 0 then {{ signed('-points_balance') }} else 0 end) as decimal(18, 4))
            as points_overdrawn,

        -- money
        cast(coalesce(sum({{ signed('liability') }}), 0) as decimal(18, 4)) as points_liability,
        cast(sum(case when liability is null then {{ signed(1) }} else 0 end) as bigint) as members_without_rate,

        -- squares and products
        {% for rate, (part, whole) in pairs.items() %}
        {% set is_any = part ~ ' <> 0 or ' ~ whole ~ ' <> 0' %}
        cast(sum(case when {{ is_any }} then {{ signed(1) }} else 0 end) as bigint) as {{ rate }}_members,
        sum({{ signed(product_of(part, part)) }}) as {{ rate }}_yy,
        sum({{ signed(product_of(part, whole)) }}) as {{ rate }}_xy,
        sum({{ signed(product_of(whole, whole)) }}) as {{ rate }}_xx{% if not loop.last %},{% endif %}
        {% endfor %}
    from gone
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='member_periods', counted_whole='int_revalued_periods') }}

select * from kept_up
