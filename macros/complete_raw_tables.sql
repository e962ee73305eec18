{#
    Before every run: each table and column of the raw contract that is missing is created empty, so
    that a business without subscriptions, surveys or some column builds as well. What is there stays.
    Parquet files of a lake come in before it, by register_raw.
#}
{% macro complete_raw_tables() %}
    {% if not (execute and flags.WHICH in ('build', 'run', 'test')) %}
        {{ return('') }}
    {% endif %}
    {% do check_session() %}
    {{ return(run_before_models(missing_raw_tables())) }}
{% endmacro %}

{# Statements that make the tables and columns that are missing. #}
{% macro missing_raw_tables() %}
    {% set statements = [] %}
    {% for node in graph.sources.values() if node.package_name == project_name %}
        {% set table = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) %}
        {% set schema = 'create schema if not exists ' ~ table.without_identifier() %}
        {% if schema not in statements %}
            {% do statements.append(schema) %}
        {% endif %}
        {% set existing = load_relation(table) %}
        {% set columns = adapter.get_columns_in_relation(existing) if existing else [] %}
        {% set present = columns | map(attribute='name') | map('lower') | list %}
        {% set missing = [] %}
        {% for column in node.columns.values() if column.name not in present %}
            {% do missing.append(column.name ~ ' ' ~ (column.data_type or dbt.type_string())) %}
        {% endfor %}
        {% if not existing %}
            {% do statements.append('create table ' ~ table ~ ' (' ~ missing | join(', ') ~ ')') %}
        {% elif missing %}
            {% do statements.extend(add_columns(existing, missing)) %}
        {% endif %}
    {% endfor %}
    {{ return(statements) }}
{% endmacro %}
