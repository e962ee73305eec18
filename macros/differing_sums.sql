{#
    For tests: the CTE `differences`, where a mart of sums shows another amount, or part, than its rows add up to.
    sums: [{mart, rows: the model that holds the rows, keys, measures, of_mart, of_rows: conditions on each, or none}]
    measures: {name: SQL that adds it up on both sides, or a pair, of the mart and of the rows}
#}
{% macro differing_sums(sums) -%}
{% for side in ['now', 'earlier'] %}
{{ side }} as (
    {% for one in sums %}
    {% set last_sum = loop.last %}
    {% set texts = [] %}
    {% for key in one['keys'] %}
    {% do texts.extend(["' '", 'cast(' ~ key ~ ' as ' ~ dbt.type_string() ~ ')']) %}
    {% endfor %}
    {% for measure, amounts in one.measures.items() %}
    {% set pair = [amounts, amounts] if amounts is string else amounts %}
    select
        '{{ one.mart }}' as mart,
        '{{ measure }}' as measure,
        {{ dbt.concat(texts[1:]) }} as part,
        cast({{ pair[0] if side == 'now' else pair[1] }} as decimal(28, 4)) as amount
    from {{ ref(one.mart if side == 'now' else one.rows) }}
    where {{ (one.of_mart if side == 'now' else one.of_rows) or 'true' }}
    group by {{ one['keys'] | join(', ') }}
    {% if not (loop.last and last_sum) %}union all{% endif %}
    {% endfor %}
    {% endfor %}
),

{% endfor %}
{{ differences(['mart', 'measure', 'part', 'amount']) }}
{%- endmacro %}
