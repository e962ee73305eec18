{% set figures = [
    ('retention', 'basis', 'customers_at_end', 'customers', 'customers_at_end', true),
    ('retention', 'basis', 'retention_rate', 'share', 'customers_at_start', true),
    ('retention', 'basis', 'churn_rate', 'share', 'customers_at_start', false),
    ('revenue', 'basis', 'net_revenue_retention', 'share', 'opening_customers', true),
    ('nps', "'all'", 'nps', 'points', 'responses', true),
    ('buyer_value', 'basis', 'clv_formula', 'money', 'customers_at_start', true),
    ('subscriber_value', 'basis', 'clv_arpa', 'money', 'customers_at_start', true),
] %}
{% set keys = ['basis', 'metric_name', 'period_grain', 'segment_name', 'segment_value'] %}
with retention as (
    select * from {{ ref('retention_by_period') }}
),

revenue as (
    select * from {{ ref('revenue_retention_by_period') }}
),

nps as (
    select * from {{ ref('nps_by_period') }}
    where window_name = 'period'
),

buyer_value as (
    select * from {{ ref('lifetime_value_by_period') }}
    where basis = 'purchase'
),

subscriber_value as (
    select * from {{ ref('lifetime_value_by_period') }}
    where basis = 'subscription'
),

figures as (
    {% for relation, basis, metric, unit, counted, is_higher_better in figures %}
    select
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        {{ basis }} as basis,
        '{{ metric }}' as metric_name,
        '{{ unit }}' as unit,
        {{ is_higher_better | lower }} as is_higher_better,
        cast({{ counted }} as bigint) as counted,
        cast({{ metric }} as {{ type_double() }}) as metric_value,
        {% for limit in ['lower_95', 'upper_95'] %}
        {{ limit if metric == 'nps' else 'cast(null as ' ~ type_double() ~ ')' }} as {{ limit }}
        {%- if not loop.last %},{% endif %}

        {% endfor %}
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

compared as (
    select
        figures.*,
        previous.metric_value as previous_value,
        last_year.metric_value as last_year_value
    from figures
    left join figures as previous
        on
            figures.period_start = previous.period_end
            {% for key in keys %}
            and figures.{{ key }} = previous.{{ key }}
            {% endfor %}
    left join figures as last_year
        on
            case
                when figures.period_grain = 'week'
                    then {{ days_between('last_year.period_start', 'figures.period_start') }} = 364
                else {{ months_between('last_year.period_start', 'figures.period_start') }} = 12
            end
            {% for key in keys %}
            and figures.{{ key }} = last_year.{{ key }}
            {% endfor %}
),

changed as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        basis,
        metric_name,

        -- the figure
        unit,
        is_higher_better,
        counted,
        metric_value,
        lower_95,
        upper_95,

        -- before
        {% for earlier in ['previous', 'last_year'] %}
        {{ earlier }}_value,
        metric_value - {{ earlier }}_value as change_on_{{ earlier }},
        {{ ratio('metric_value - ' ~ earlier ~ '_value', earlier ~ '_value') }} as change_rate_on_{{ earlier }}
        {%- if not loop.last %},{% endif %}

        {% endfor %}
    from compared
)

select * from changed
