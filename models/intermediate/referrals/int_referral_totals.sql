-- Invitations, what became of them, and the customers there were, by period and segment; of periods with an invitation.
{% set keys = ['period_grain', 'period_start', 'period_end', 'is_complete'] %}
with referrals as (
    select * from {{ ref('int_referrals') }}
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

customer_periods as (
    select * from {{ ref('int_customer_periods') }}
    where is_current_at_end
),

orders as (
    select * from {{ ref('int_customer_orders') }}
),

recurring as (
    select * from {{ ref('int_recurring_revenue') }}
),

invited as (
    select
        referrals.*,
        date_periods.period_grain,
        date_periods.period_start,
        coalesce(orders.net_revenue, 0) + coalesce(recurring.recurring_revenue, 0) as net_revenue,
        coalesce(orders.net_revenue - orders.cost, 0) + coalesce(recurring.recurring_revenue, 0) as net_margin
    from referrals
    inner join date_periods on referrals.invited_on = date_periods.date_day
    left join orders on referrals.has_brought and referrals.referred_id = orders.customer_id
    left join recurring on referrals.has_brought and referrals.referred_id = recurring.customer_id
),

told_periods as (
    select distinct
        period_grain,
        period_start
    from invited
),

both_kinds as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        {{ attributes_of('segments') }},
        1 as invitations,
        case when invited.is_converted then 1 else 0 end as conversions,
        case when invited.has_brought then 1 else 0 end as referred_customers,
        invited.net_revenue,
        invited.net_margin,
        invited.reward_amount,
        case when invited.reward_amount is null then 1 else 0 end as without_rate,
        0 as customers
    from invited
    inner join periods on invited.period_grain = periods.period_grain and invited.period_start = periods.period_start
    left join segments
        on invited.referrer_id = segments.customer_id and invited.period_start = segments.period_start

    union all

    select
        customer_periods.period_grain,
        customer_periods.period_start,
        customer_periods.period_end,
        customer_periods.is_complete,
        {% for attribute in segment_attributes() %}
        customer_periods.{{ attribute }},
        {% endfor %}
        0 as invitations,
        0 as conversions,
        0 as referred_customers,
        cast(0 as decimal(18, 4)) as net_revenue,
        cast(0 as decimal(18, 4)) as net_margin,
        cast(0 as decimal(18, 4)) as reward_amount,
        0 as without_rate,
        1 as customers
    from customer_periods
    inner join told_periods
        on
            customer_periods.period_grain = told_periods.period_grain
            and customer_periods.period_start = told_periods.period_start
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        {% for count in ['invitations', 'conversions', 'referred_customers', 'customers', 'without_rate'] %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor %}
        {% for amount in ['net_revenue', 'net_margin', 'reward_amount'] %}
        cast(sum({{ amount }}) as decimal(18, 4)) as {{ amount }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from both_kinds
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
