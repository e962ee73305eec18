{# CTE `known`: one row per id that children may point to, from rows with a verdict. #}
{% macro known_ids(id, from) -%}
known as (
    select
        {{ id }},
        max(case when _verdict = 'staged' then 1 else 0 end) = 1 as is_staged,
        max(case _verdict when 'staged' then 3 when 'deleted' then 2 when 'unseen' then 1 else 0 end) = 2 as is_deleted,
        max(case _verdict when 'staged' then 3 when 'deleted' then 2 when 'unseen' then 1 else 0 end) = 1 as is_unseen
    from {{ from }}
    where {{ id }} is not null and _verdict in ('staged', 'deleted', 'unseen')
    group by {{ id }}
)
{%- endmacro %}
