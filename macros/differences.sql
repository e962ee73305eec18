{#
    The CTE `differences`: what holds of the CTE `now` or of the CTE `earlier`, but not as often of both. A row that
    was replaced is there twice, as it was and as it is.
#}
{% macro differences(columns) -%}
sides as (
    select
        *,
        1 as side
    from now

    union all

    select
        *,
        -1 as side
    from earlier
),

differences as (
    select {{ columns | join(', ') }}
    from sides
    group by {{ columns | join(', ') }}
    having sum(side) <> 0
)
{%- endmacro %}
