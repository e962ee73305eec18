{# Whether a row with the days counts_from_on and counts_until_on (exclusive) counts on a day. #}
{% macro counts_on(relation, day) -%}
{{ day }} >= {{ relation }}.counts_from_on
            and {{ day }} < {{ relation }}.counts_until_on
{%- endmacro %}

{# The version of a customer that was in force at the first instant of a day. #}
{% macro in_force(versions, customer_id, day) -%}
{{ versions }}.customer_id = {{ customer_id }}
            and {{ counts_on(versions, day) }}
{%- endmacro %}
