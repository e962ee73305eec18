{# For every segment, the sum of its values is the whole, for each measure; no segment that the var names is missing,
   and neither is the whole. #}
{% test segments_add_up(model, keys, measures) %}
with by_segment as (
    select
        {{ keys | join(', ') }},
        segment_name{% for measure in measures %},
        sum({{ measure }}) as {{ measure }}{% endfor %}
    from {{ model }}
    group by {{ keys | join(', ') }}, segment_name
),

expected as (
    select
        keys.*,
        names.expected_name
    from (select distinct {{ keys | join(', ') }} from by_segment) as keys
    cross join (
        select 'all' as expected_name
        {% for segment in var('segments') %}
        union all
        select '{{ segment }}' as expected_name
        {% endfor %}
    ) as names
)

select expected.*
from expected
{% for relation, name in [('by_segment', 'expected.expected_name'), ('whole', "'all'")] %}
left join by_segment {% if relation != 'by_segment' %}as {{ relation }}{% endif %}
    on
        {{ relation }}.segment_name = {{ name }}
        {% for key in keys %}and expected.{{ key }} = {{ relation }}.{{ key }}
        {% endfor %}
{% endfor %}
where
    by_segment.segment_name is null
    or whole.segment_name is null
    {% for measure in measures %}or coalesce(whole.{{ measure }}, 0) <> coalesce(by_segment.{{ measure }}, 0)
    {% endfor %}
{% endtest %}
