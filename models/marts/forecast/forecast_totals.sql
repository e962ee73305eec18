{% set horizons = {
    'purchase': {30: 'expected_orders_30d', 90: 'expected_orders_90d', 365: 'expected_orders_365d'},
    'subscription': {90: 'p_churn_90d'},
} %}
{% set margins = {90: 'expected_margin_90d', 365: 'expected_margin_365d'} %}
with forecasts as (
    select * from {{ ref('customer_forecasts') }}
    where forecast_status in ('fitted', 'fallback')
),

accuracy as (
    select * from {{ ref('forecast_accuracy') }}
    where model_name = 'forecast'
),

summed as (
    {% for basis, columns in horizons.items() %}
    {% set is_last_basis = loop.last %}
    {% for days, column in columns.items() %}
    select
        basis,
        forecast_on,
        {{ days }} as horizon_days,
        cast(count(*) as bigint) as customers,
        cast(sum(cast(round({{ column }}, 9) as decimal(26, 9))) as {{ type_double() }}) as expected_total,
        {% if days in margins %}
        cast(sum({{ margins[days] }}) as decimal(18, 4)) as expected_margin
        {% else %}
        cast(null as decimal(18, 4)) as expected_margin
        {% endif %}
    from forecasts
    where basis = '{{ basis }}'
    group by basis, forecast_on
    {% if not (loop.last and is_last_basis) %}union all{% endif %}
    {% endfor %}
    {% endfor %}
),

-- How far off the same forecast was on past days with a base like today's, too high and too low. One that never was
-- too low is taken to be right at best.
record as (
    select
        summed.basis,
        summed.horizon_days,
        cast(count(*) as bigint) as past_days,
        case when min(accuracy.total_ratio) < 1 then min(accuracy.total_ratio) else 1 end as lowest_ratio,
        case when max(accuracy.total_ratio) > 1 then max(accuracy.total_ratio) else 1 end as highest_ratio
    from summed
    inner join accuracy on summed.basis = accuracy.basis and summed.horizon_days = accuracy.horizon_days
    where accuracy.total_ratio > 0 and accuracy.customers * 2 >= summed.customers
    group by summed.basis, summed.horizon_days
),

ranged as (
    select
        -- basis and horizon
        summed.basis,
        summed.horizon_days,
        summed.forecast_on,

        -- counts
        summed.customers,
        coalesce(record.past_days, 0) as past_days,

        -- totals
        summed.expected_total,
        {{ ratio('summed.expected_total', 'record.highest_ratio') }} as total_lower,
        {{ ratio('summed.expected_total', 'record.lowest_ratio') }} as total_upper,

        -- money
        summed.expected_margin
    from summed
    left join record on summed.basis = record.basis and summed.horizon_days = record.horizon_days
)

select * from ranged
