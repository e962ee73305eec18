-- Invitations, what became of them, and the customers there were, by period and segment; of periods with an invitation.
{% set keys = ['period_grain', 'period_start', 'period_end', 'is_complete'] %}
{% set segment, amounts = ['segment_name', 'segment_value'], ['net_revenue', 'net_margin', 'reward_amount'] %}
{% set counts = ['invitations', 'conversions', 'referred_customers', 'without_rate'] %}
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

customer_totals as (
    select * from {{ ref('int_customer_totals') }}
    where customers_at_end > 0
),

orders as (
    select * from {{ ref('int_customer_orders') }}
),

recurring as (
    select * from {{ ref('int_recurring_revenue') }}
),

invited as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        {{ attributes_of('segments') }},
        referrals.is_converted,
        referrals.has_brought,
        referrals.reward_amount,
        coalesce(orders.net_revenue, 0) + coalesce(recurring.recurring_revenue, 0) as net_revenue,
        coalesce(orders.net_revenue - orders.cost, 0) + coalesce(recurring.recurring_revenue, 0) as net_margin
    from referrals
    inner join date_periods on referrals.invited_on = date_periods.date_day
    inner join periods
        on date_periods.period_grain = periods.period_grain and date_periods.period_start = periods.period_start
    left join segments on referrals.referrer_id = segments.customer_id and periods.period_start = segments.period_start
    left join orders on referrals.has_brought and referrals.referred_id = orders.customer_id
    left join recurring on referrals.has_brought and referrals.referred_id = recurring.customer_id
),

told_periods as (
    select distinct
        period_grain,
        period_start
    from invited
),

invitation_totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        count(*) as invitations,
        sum(case when is_converted then 1 else 0 end) as conversions,
        sum(case when has_brought then 1 else 0 end) as referred_customers,
        sum(case when reward_amount is null then 1 else 0 end) as without_rate,
        {% for amount in amounts %}
        sum({{ amount }}) as {{ amount }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from invited
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

both_kinds as (
    select
        {{ (keys + segment + counts + amounts) | join(',\n        ') }},
        0 as customers
    from invitation_totals

    union all

    select
        customer_totals.{{ (keys + segment) | join(', customer_totals.') }},
        0 as {{ counts | join(', 0 as ') }},
        {% for amount in amounts %}
        cast(0 as decimal(18, 4)) as {{ amount }},
        {% endfor %}
        customer_totals.customers_at_end as customers
    from customer_totals
    inner join told_periods
        on
            customer_totals.period_grain = told_periods.period_grain
            and customer_totals.period_start = told_periods.period_start
),

totals as (
    select
        {{ (keys + segment) | join(', ') }},
        {% for count in counts + ['customers'] %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor %}
        {% for amount in amounts %}
        cast(sum({{ amount }}) as decimal(18, 4)) as {{ amount }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from both_kinds
    group by {{ (keys + segment) | join(', ') }}
)

select * from totals
