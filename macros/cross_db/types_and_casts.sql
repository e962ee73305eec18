{# Types and casts that mean the same on DuckDB and Spark. #}

{% macro type_double() -%}
double
{%- endmacro %}

{% macro try_cast(expression, type) -%}
try_cast({{ expression }} as {{ type }})
{%- endmacro %}

{% macro ratio(numerator, denominator) -%}
cast({{ numerator }} as {{ type_double() }}) / cast(nullif({{ denominator }}, 0) as {{ type_double() }})
{%- endmacro %}

{# The pattern must hold no backslash: the two engines read them differently. #}
{% macro matches(text, pattern) -%}
{{ return(adapter.dispatch('matches', 'holdfast')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
{{ text }} rlike '{{ pattern }}'
{%- endmacro %}
