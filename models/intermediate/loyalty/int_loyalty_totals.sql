-- Members and points added up by period, segment, programme and tier, with the sums of squares that limits need.
{% set keys = ['period_grain', 'period_start', 'period_end', 'is_complete', 'programme_id', 'programme_type', 'tier'] %}
{% set pairs = {
    'redemption': ('points_redeemed', 'points_earned'),
    'breakage': ('points_expired', 'points_gone'),
} %}
with liabilities as (
    select * from {{ ref('int_loyalty_liabilities') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
),

attributed as (
    select
        liabilities.*,
        cast(liabilities.points_expired + liabilities.points_redeemed as decimal(18, 4)) as points_gone,
        {{ attributes_of('segments') }}
    from liabilities
    left join segments
        on
            liabilities.customer_id = segments.customer_id
            and liabilities.period_start = segments.period_start
),

totals as (
    select
        {{ keys | join(',\n        ') }},
        {{ segment_columns() }},

        -- members
        cast(sum(case when is_member then 1 else 0 end) as bigint) as members,
        cast(sum(case when is_member and is_active then 1 else 0 end) as bigint) as active_members,
        cast(sum(redemptions) as bigint) as redemptions,

        -- points
        {% for kind in ['earned', 'redeemed', 'expired', 'adjusted', 'from_partners'] %}
        cast(sum(points_{{ kind }}) as decimal(18, 4)) as points_{{ kind }},
        {% endfor %}
        cast(sum(points_balance) as decimal(18, 4)) as points_outstanding,
        cast(sum(case when points_balance < 0 then -points_balance else 0 end) as decimal(18, 4)) as points_overdrawn,

        -- money
        cast(sum(liability) as decimal(18, 4)) as points_liability,
        cast(sum(case when liability is null then 1 else 0 end) as bigint) as members_without_rate,

        -- squares and products
        {% for rate, (part, whole) in pairs.items() %}
        cast(sum(case when {{ part }} <> 0 or {{ whole }} <> 0 then 1 else 0 end) as bigint) as {{ rate }}_members,
        sum({{ product_of(part, part) }}) as {{ rate }}_yy,
        sum({{ product_of(part, whole) }}) as {{ rate }}_xy,
        sum({{ product_of(whole, whole) }}) as {{ rate }}_xx{% if not loop.last %},{% endif %}
        {% endfor %}
    from attributed
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
