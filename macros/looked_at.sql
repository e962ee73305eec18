{#
    In place of dbt's own: which rows a generic test looks at. In a build that goes on from the last one, those that it
    worked out: the others passed the same test when they were. A plain `dbt test` looks at all; so do the books, in
    which a row that came twice or went by another way shows in any build.
#}
{% macro get_where_subquery(relation) -%}
{% set conditions = [config.get('where')] + [worked_out(graph.nodes.get(model.attached_node)) if is_continued()] %}
{% set conditions = conditions | select | list %}
{{ return('(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ') as looked_at' if conditions else relation) }}
{%- endmacro %}

{# The condition that this build worked a row of a model out, as SQL; nothing where that is all of them. #}
{% macro worked_out(node) -%}
{% if node and node.config.meta.slices %}{{ return(is_in(node.config.meta.slices)) }}{% endif %}
{% set bases = [node] if node and node.config.materialized == 'incremental' else [] %}
{% if node and node.config.materialized == 'view' %}
    {% for name in node.depends_on.nodes %}{% do bases.append(graph.nodes.get(name)) %}{% endfor %}
{% endif %}
{% set base = bases | select | first %}
{% if base and base.config.meta.key %}
    {% set key = base.config.meta.key %}
    {{ return(key ~ ' in (select ' ~ key ~ ' from ' ~ last_build(base.alias) ~ ')') }}
{% endif %}
{{ return(none) }}
{%- endmacro %}
