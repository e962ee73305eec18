-- What a customer costs and brings, by channel and for the whole (channel is null), so that both are told one way.
{% set counts = [
    'leads', 'new_customers', 'first_year_days', 'customers_at_start', 'lost_customers', 'customers_at_end'
] %}
{% set amounts = ['acquire_spend', 'retain_spend', 'first_year_margin'] %}
with totals as (
    select * from {{ ref('int_channel_totals') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

everything as (
    select
        attribution,
        channel,
        period_grain,
        period_start,
        {{ (counts + amounts) | join(',\n        ') }}
    from totals

    union all

    select
        attribution,
        cast(null as {{ dbt.type_string() }}) as channel,
        period_grain,
        period_start,
        {% for count in counts %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor %}
        {% for amount in amounts %}
        cast(sum({{ amount }}) as decimal(18, 4)) as {{ amount }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from totals
    group by attribution, period_grain, period_start
),

rated as (
    select
        everything.*,
        periods.period_end,
        periods.is_complete,
        {{ ratio('everything.acquire_spend', 'everything.new_customers') }} as cac,
        {{ ratio('everything.lost_customers', 'everything.customers_at_start') }} as churn_rate,
        -- of a new customer, a month of its first year
        {{ ratio('everything.first_year_margin * 365', 'everything.first_year_days * 12') }} as monthly_margin,
        {{ ratio(days_between('periods.period_start', 'periods.period_end') ~ ' * 12', 365) }} as period_months
    from everything
    inner join periods
        on everything.period_grain = periods.period_grain and everything.period_start = periods.period_start
),

valued as (
    select
        *,
        {{ ratio('monthly_margin * period_months', 'churn_rate') }} as ltv
    from rated
)

select * from valued
