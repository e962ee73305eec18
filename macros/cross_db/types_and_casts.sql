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

{# Whether a part of a text fits a regular expression. It must hold no backslash: the engines read them differently. #}
{% macro matches(text, pattern) -%}
{{ return(adapter.dispatch('matches', 'holdfast')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{# Java's $ also stands before a line end; here it means the end alone. #}
{% macro spark__matches(text, pattern) -%}
{{ text }} rlike '{{ pattern | replace('$', '(?!(?s:.))') }}'
{%- endmacro %}
