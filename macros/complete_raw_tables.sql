{#
    Before every run: each table and column of the raw contract that is missing is created empty, so
    that a business without subscriptions, surveys or some column builds as well. What is there stays.
    Returns the statements; dbt runs them as the hook.
#}
{% macro complete_raw_tables() %}
    {% set statements = [] %}
    {% if execute and flags.WHICH in ('build', 'run', 'test') %}
        {% for node in graph.sources.values() if node.package_name == project_name %}
            {% set table = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) %}
            {% set existing = load_relation(table) %}
            {% set present = adapter.get_columns_in_relation(existing) | map(attribute='name') | map('lower') | list if existing else [] %}
            {% set missing = [] %}
            {% for column in node.columns.values() if column.name not in present %}
                {% do missing.append(column.name ~ ' ' ~ (column.data_type or dbt.type_string())) %}
            {% endfor %}
            {% if not existing %}
                {% do statements.append('create schema if not exists ' ~ table.without_identifier()) %}
                {% do statements.append('create table ' ~ table ~ ' (' ~ missing | join(', ') ~ ')') %}
            {% else %}
                {% for column in missing %}
                    {% do statements.append('alter table ' ~ existing ~ ' add column ' ~ column) %}
                {% endfor %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {# dbt rolls a hook's open transaction back, so the statements commit themselves. #}
    {{ return((statements + ['commit', 'begin']) | join(';\n') if statements else '') }}
{% endmacro %}
