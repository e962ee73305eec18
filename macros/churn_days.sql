{# Days after the last order on which a purchase spell ends, for the customer in hand. #}
{% macro purchase_churn_days() -%}
{% set overrides = var('purchase_churn_days_by_segment') or {} %}
{% if overrides -%}
case
    {% for attribute, values in overrides.items() %}{% for value, days in values.items() %}
    when {{ attribute }} = '{{ value | replace("'", "''") }}' then {{ days | int }}
    {% endfor %}{% endfor %}
    else {{ var('purchase_churn_days') | int }}
end
{%- else -%}
{{ var('purchase_churn_days') | int }}
{%- endif %}
{%- endmacro %}
