{# For tests of macros: those of the pairs (SQL, SQL of what it must be) in which the two are not the same. #}
{% macro broken_cases(cases) -%}
{% for got, expected in cases %}
select
    {{ loop.index }} as case_number,
    '{{ got | replace("'", "''") | replace("\n", " ") }}' as expression
where ({{ got }}) is distinct from {{ expected }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
{%- endmacro %}
