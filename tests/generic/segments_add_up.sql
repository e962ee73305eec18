{# For every segment, the sum of its values is the whole, for each measure; no segment that the var names is missing. #}
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
        whole.*,
        names.expected_name
    from by_segment as whole
    cross join (
        {% for segment in var('segments') %}
        select '{{ segment }}' as expected_name
        {% if not loop.last %}union all{% endif %}
        {% else %}
        select 'all' as expected_name
        {% endfor %}
    ) as names
    where whole.segment_name = 'all'
)

select expected.*
from expected
left join by_segment
    on
        expected.expected_name = by_segment.segment_name
        {% for key in keys %}and expected.{{ key }} = by_segment.{{ key }}
        {% endfor %}
where
    by_segment.segment_name is null
    {% for measure in measures %}or coalesce(expected.{{ measure }}, 0) <> coalesce(by_segment.{{ measure }}, 0)
    {% endfor %}
{% endtest %}
