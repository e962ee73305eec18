{#
    Every amount and rate of a base model is what raw holds for the same key: no column or row was shifted.
    A build that goes on from the last one looks at the ids that it judged anew; `dbt test` at all.
#}
{% test amounts_are_as_delivered(model, raw_table) %}
{% set key = raw_table_meta(raw_table).key %}
{% set base = 'model.' ~ project_name ~ '.base_' ~ raw_table.replace('_', '__', 1) %}
{% set judged = worked_out(graph.nodes.get(base)) if is_continued() %}
{% set measures = [] %}
{% for name, meta in raw_columns(raw_table) if meta.type in ('money', 'number', 'rate') %}
    {% do measures.append(name) %}
{% endfor %}
with landed as (
    select * from {{ source('raw', raw_table) }}
    {% if judged %}where {{ judged }}{% endif %}
),

{{ typed_rows(raw_table) }},

{% for name, relation in [('delivered', 'typed'), ('staged', model)] %}
{{ name }} as (
    select
        {{ key | join(', ') }}{% for measure in measures %},
        sum({{ measure }}) as {{ measure }}{% endfor %}
    from {{ relation }}
    where
        {{ key | join(' is not null and ') }} is not null
    group by {{ key | join(', ') }}
){% if not loop.last %},{% endif %}

{% endfor %}
select delivered.*
from delivered
left join staged
    on
        {% for column in key %}
        {% if not loop.first %}and {% endif %}delivered.{{ column }} = staged.{{ column }}
        {% endfor %}
where
    staged.{{ key[0] }} is null
    {% for measure in measures %}
    or delivered.{{ measure }} is distinct from staged.{{ measure }}
    {% endfor %}
{% endtest %}
