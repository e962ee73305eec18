{#
    The value below which a share of the values lies, linear between the two nearest ones; nulls do not count. The last
    digit may differ between engines. An aggregate: give it a double, from whole numbers where the figure is published.
#}
{% macro percentile(value, share) -%}
{{ return(adapter.dispatch('percentile', 'holdfast')('cast(' ~ value ~ ' as ' ~ type_double() ~ ')', share)) }}
{%- endmacro %}

{% macro default__percentile(value, share) -%}
quantile_cont({{ value }}, {{ share }})
{%- endmacro %}

{% macro spark__percentile(value, share) -%}
percentile({{ value }}, {{ share }})
{%- endmacro %}
