-- Each customer in each programme and period: points that came and went, the balance and the tier at the period's end.
-- Only where somebody is a member, something moved or a balance is left.
{% set slices = restated_slices() %}
{{ config(**replace_slices(slices)) }}
{% set kinds = ['earned', 'adjusted', 'redeemed', 'expired'] %}
with standings as (
    select * from {{ ref('int_loyalty_standings') }}
),

movements as (
    select * from {{ ref('int_loyalty_movements') }}
    {{ only_customers(slices) }}
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

moved as (
    select
        movements.customer_id,
        movements.programme_id,
        date_periods.period_grain,
        date_periods.period_start,
        {% for kind in kinds %}
        sum(case when movements.kind = '{{ kind }}' then movements.points else 0 end) as points_{{ kind }},
        {% endfor %}
        sum(movements.partner_points) as points_from_partners,
        sum(case when movements.kind = 'redeemed' then movements.entries else 0 end) as redemptions,
        sum(case when movements.kind in ('earned', 'redeemed') then movements.entries else 0 end) as own_entries
    from movements
    inner join date_periods on movements.moved_on = date_periods.date_day
    group by movements.customer_id, movements.programme_id, date_periods.period_grain, date_periods.period_start
),

stood as (
    select
        standings.*,
        {% for kind in kinds %}
        cast(coalesce(moved.points_{{ kind }}, 0) as decimal(18, 4)) as points_{{ kind }},
        {% endfor %}
        cast(coalesce(moved.points_from_partners, 0) as decimal(18, 4)) as points_from_partners,
        cast(coalesce(moved.redemptions, 0) as int) as redemptions,
        coalesce(moved.own_entries > 0, false) as is_active,
        moved.customer_id is not null as has_moved
    from standings
    left join moved
        on
            standings.customer_id = moved.customer_id
            and standings.programme_id = moved.programme_id
            and standings.period_grain = moved.period_grain
            and standings.period_start = moved.period_start
),

balanced as (
    select
        *,
        cast(sum(points_earned + points_adjusted - points_redeemed - points_expired) over (
            partition by customer_id, programme_id, period_grain order by period_start nulls last
            rows unbounded preceding
        ) as decimal(18, 4)) as points_balance
    from stood
),

told as (
    select * from balanced
    where
        (is_member or has_moved or points_balance <> 0)
        {{ only(slices, word='and') }}
)

select * from told
