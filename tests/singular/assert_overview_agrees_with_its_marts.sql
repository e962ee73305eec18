-- Every figure of the overview is that of the mart which defines it, in every row; none is missing, none is added.
{% set columns = [
    'basis', 'metric_name', 'period_grain', 'period_start', 'period_end', 'is_complete', 'segment_name',
    'segment_value', 'counted', 'metric_value', 'lower_95', 'upper_95',
] %}
{% set nothing = 'cast(null as ' ~ type_double() ~ ')' %}
{% set figures = [
    ('customers_at_end', 'retention_by_period', 'basis', 'customers_at_end', 'true'),
    ('retention_rate', 'retention_by_period', 'basis', 'customers_at_start', 'true'),
    ('churn_rate', 'retention_by_period', 'basis', 'customers_at_start', 'true'),
    ('net_revenue_retention', 'revenue_retention_by_period', 'basis', 'opening_customers', 'true'),
    ('nps', 'nps_by_period', "'all'", 'responses', "window_name = 'period'"),
    ('clv_formula', 'lifetime_value_by_period', 'basis', 'customers_at_start', "basis = 'purchase'"),
    ('clv_arpa', 'lifetime_value_by_period', 'basis', 'customers_at_start', "basis = 'subscription'"),
] %}
with now as (
    select {{ columns | join(', ') }} from {{ ref('overview_by_period') }}
),

earlier as (
    {% for metric, mart, basis, counted, condition in figures %}
    select
        {{ basis }} as basis,
        '{{ metric }}' as metric_name,
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        cast({{ counted }} as bigint) as counted,
        cast({{ metric }} as {{ type_double() }}) as metric_value,
        {{ 'lower_95' if metric == 'nps' else nothing }} as lower_95,
        {{ 'upper_95' if metric == 'nps' else nothing }} as upper_95
    from {{ ref(mart) }}
    where {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

{{ differences(columns) }}

select * from differences
