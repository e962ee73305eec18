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

{# Whether a UTC instant is late enough that the day it lies in may be one on which an interval counts: a look that
   costs little, before the days themselves are worked out. #}
{% macro may_count_on(intervals, instant) -%}
{{ instant }} >= (select {{ add_days('min(counts_from_on)', -2) }} from {{ intervals }})
{%- endmacro %}
