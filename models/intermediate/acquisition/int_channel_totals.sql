-- Spend, leads, new customers and all customers of each channel in each period, by attribution.
{% set keys = ['attribution', 'channel', 'period_grain', 'period_start'] %}
{% set counts = [
    'leads', 'new_customers', 'first_year_days', 'customers_at_start', 'lost_customers', 'customers_at_end'
] %}
{% set same = [] %}
{% for key in keys %}{% do same.append('spent.' ~ key ~ ' = counted.' ~ key) %}{% endfor %}
{% set amounts = ['acquire_spend', 'retain_spend', 'first_year_margin'] %}
with customer_periods as (
    select * from {{ ref('int_customer_periods') }}
),

channels as (
    select * from {{ ref('int_customer_channels') }}
),

starts as (
    select * from {{ ref('int_customer_starts') }}
),

spend as (
    select * from {{ ref('int_marketing_spend') }}
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

spent as (
    {% for attribution in ['first_touch', 'last_touch'] %}
    select
        '{{ attribution }}' as attribution,
        spend.channel,
        date_periods.period_grain,
        date_periods.period_start,
        sum(case when spend.objective = 'acquire' then spend.amount else 0 end) as acquire_spend,
        sum(case when spend.objective = 'retain' then spend.amount else 0 end) as retain_spend,
        sum(case when spend.objective = 'acquire' then spend.leads else 0 end) as leads
    from spend
    inner join date_periods on spend.spend_date = date_periods.date_day
    group by spend.channel, date_periods.period_grain, date_periods.period_start
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select
        channels.attribution,
        channels.channel,
        customer_periods.period_grain,
        customer_periods.period_start,
        sum(case when customer_periods.is_acquired then 1 else 0 end) as new_customers,
        sum(case when customer_periods.is_acquired then starts.first_year_days else 0 end) as first_year_days,
        sum(case when customer_periods.is_acquired then starts.first_year_margin else 0 end) as first_year_margin,
        sum(case when customer_periods.is_current_at_start then 1 else 0 end) as customers_at_start,
        sum(case when customer_periods.is_lost then 1 else 0 end) as lost_customers,
        sum(case when customer_periods.is_current_at_end then 1 else 0 end) as customers_at_end
    from customer_periods
    inner join channels on customer_periods.customer_id = channels.customer_id
    inner join starts on customer_periods.customer_id = starts.customer_id
    group by
        channels.attribution, channels.channel, customer_periods.period_grain, customer_periods.period_start
),

totals as (
    select
        {% for key in keys %}
        coalesce(spent.{{ key }}, counted.{{ key }}) as {{ key }},
        {% endfor %}
        {% for count in counts %}
        cast(coalesce({{ count }}, 0) as bigint) as {{ count }},
        {% endfor %}
        {% for amount in amounts %}
        cast(coalesce({{ amount }}, 0) as decimal(18, 4)) as {{ amount }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from spent
    full outer join counted on {{ same | join(' and ') }}
)

select * from totals
