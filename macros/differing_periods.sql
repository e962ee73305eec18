{#
    For tests: CTEs after one named `expected` (measure, part, period_grain, period_start, amount), and the periods in
    which a place shows another amount, or none. Parts are bases or windows.
    places: [(measure, model, its column or text for the part, SQL that adds its amounts up)]
#}
{% macro differing_periods(places) -%}
{% set keys = ['measure', 'part', 'period_grain', 'period_start'] %}
shown as (
    {% for measure, model, part, amount in places %}
    select
        '{{ measure }}' as measure,
        '{{ model }}' as place,
        {{ part }} as part,
        period_grain,
        period_start,
        {{ amount }} as amount
    from {{ ref(model) }}
    {% if not model.startswith('fct_') %}where segment_name = 'all'{% endif %}
    group by {% if not part.startswith("'") %}{{ part }}, {% endif %}period_grain, period_start
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

places as (
    {% for measure, model, part, amount in places %}
    select
        '{{ measure }}' as measure,
        '{{ model }}' as place
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

both_sides as (
    select
        places.place,
        expected.{{ keys | join(', expected.') }},
        expected.amount as expected_amount,
        0 as shown_amount
    from expected
    inner join places on expected.measure = places.measure

    union all

    select
        place,
        {{ keys | join(', ') }},
        0 as expected_amount,
        amount as shown_amount
    from shown
),

compared as (
    select
        place,
        {{ keys | join(', ') }},
        coalesce(sum(expected_amount), 0) as expected_total,
        coalesce(sum(shown_amount), 0) as shown_total
    from both_sides
    group by place, {{ keys | join(', ') }}
)

select * from compared
where expected_total <> shown_total
{%- endmacro %}
