-- The same of the marts that are built after the forecast: tenths of customers, bands of actions, totals by horizon.
{% set horizons = [
    ('purchase', 30, 'expected_orders_30d', none),
    ('purchase', 90, 'expected_orders_90d', 'expected_margin_90d'),
    ('purchase', 365, 'expected_orders_365d', 'expected_margin_365d'),
    ('subscription', 90, 'p_churn_90d', 'expected_margin_90d'),
] %}
{% set sums = [
    {
        'mart': 'value_deciles', 'rows': 'customer_lifetime_value',
        'keys': ['value_decile'],
        'measures': {
            'customers': ('sum(customers)', 'count(*)'),
            'orders': 'sum(orders)',
            'clv_to_date': 'sum(clv_to_date)',
            'clv_predicted_12m': (
                'sum(clv_predicted_12m)', 'sum(cast(round(clv_predicted_12m, 4) as decimal(18, 4)))'
            ),
        },
    },
    {
        'mart': 'next_actions_by_band', 'rows': 'customer_next_actions',
        'keys': ['risk_band', 'recommended_action'],
        'measures': {
            'customers': ('sum(customers)', 'count(*)'),
            'reachable_customers': (
                'sum(reachable_customers)', 'sum(case when has_consent and not is_holdout then 1 else 0 end)'
            ),
            'holdout_customers': ('sum(holdout_customers)', 'sum(case when is_holdout then 1 else 0 end)'),
            'margin_at_risk': 'sum(margin_at_risk)',
        },
    },
] %}
{% for basis, days, expected, margin in horizons %}
    {% do sums.append({
        'mart': 'forecast_totals', 'of_mart': "basis = '" ~ basis ~ "' and horizon_days = " ~ days,
        'rows': 'customer_forecasts',
        'of_rows': "basis = '" ~ basis ~ "' and forecast_status in ('fitted', 'fallback')",
        'keys': ['basis', 'forecast_on'],
        'measures': {
            'customers in ' ~ days ~ ' days': ('sum(customers)', 'count(*)'),
            'expected_total in ' ~ days ~ ' days': (
                'sum(expected_total)',
                'cast(sum(cast(round(' ~ expected ~ ', 9) as decimal(26, 9))) as ' ~ type_double() ~ ')',
            ),
            'expected_margin in ' ~ days ~ ' days': (
                'sum(expected_margin)', 'sum(' ~ margin ~ ')' if margin else 'null',
            ),
        },
    }) %}
{% endfor %}
with {{ differing_sums(sums) }}

select * from differences

union all

-- a basis or horizon that is none of these
select
    'forecast_totals' as mart,
    'rows' as measure,
    basis as part,
    cast(horizon_days as decimal(28, 4)) as amount
from {{ ref('forecast_totals') }}
where
    not (basis = 'purchase' and horizon_days in (30, 90, 365))
    and not (basis = 'subscription' and horizon_days = 90)
