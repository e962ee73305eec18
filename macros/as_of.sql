{# The var as_of_date, checked: a day as text, or an empty text where it is unset. #}
{% macro as_of_date() -%}
{% set day = (var('as_of_date', '') or '') | string | trim %}
{% if day and not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', day) %}
    {{ exceptions.raise_compiler_error("as_of_date must be a day such as 2026-01-31, not '" ~ day ~ "'") }}
{% endif %}
{{ return(day) }}
{%- endmacro %}

{# The first UTC instant that no model sees, as SQL. Call it only where as_of_date() is set. #}
{% macro as_of_instant() -%}
{{ to_utc("cast('" ~ as_of_date() ~ " 00:00:00' as timestamp)", var('business_timezone')) }}
{%- endmacro %}

{# An instant that comes after the one by which staging judged its row: null where the var as_of_date hides it. Unset,
   all that was delivered is seen. #}
{% macro seen(instant) -%}
{% if as_of_date() -%}
case when {{ instant }} < {{ as_of_instant() }} then {{ instant }} end
{%- else -%}
{{ instant }}
{%- endif %}
{%- endmacro %}
