{# What happens to raw tables and sessions before the models: each engine has its own statements for it. #}

{# Statements that add columns, each 'name type', to a table. #}
{% macro add_columns(table, columns) -%}
{{ return(adapter.dispatch('add_columns', 'holdfast')(table, columns)) }}
{%- endmacro %}

{% macro default__add_columns(table, columns) -%}
{% set statements = [] %}
{% for column in columns %}
    {% do statements.append('alter table ' ~ table ~ ' add column ' ~ column) %}
{% endfor %}
{{ return(statements) }}
{%- endmacro %}

{% macro spark__add_columns(table, columns) -%}
{{ return(['alter table ' ~ table ~ ' add columns (' ~ columns | join(', ') ~ ')']) }}
{%- endmacro %}

{# Runs statements in an on-run-start hook. Returns what the hook itself still has to run. #}
{% macro run_before_models(statements) -%}
{{ return(adapter.dispatch('run_before_models', 'holdfast')(statements)) }}
{%- endmacro %}

{% macro default__run_before_models(statements) -%}
{% for statement in statements %}
    {% do run_query(statement) %}
{% endfor %}
{{ return('') }}
{%- endmacro %}

{# dbt rolls a hook's open transaction back on DuckDB, so the statements commit themselves. #}
{% macro duckdb__run_before_models(statements) -%}
{{ return((statements + ['commit', 'begin']) | join(';\n')) }}
{%- endmacro %}

{# Stops a run whose session would read timestamps in another way than the models mean them. #}
{% macro check_session() -%}
{{ return(adapter.dispatch('check_session', 'holdfast')()) }}
{%- endmacro %}

{% macro default__check_session() -%}
{%- endmacro %}

{% macro spark__check_session() -%}
{% set kind = run_query("select typeof(timestamp '2000-01-01 00:00:00')").rows[0][0] %}
{% if kind != 'timestamp_ntz' %}
    {{ exceptions.raise_compiler_error(
        "a timestamp is a " ~ kind ~ " in this Spark session, and would shift with its time zone: put "
        ~ "server_side_parameters {'set:hivevar:spark.sql.timestampType': TIMESTAMP_NTZ} into the target '"
        ~ target.name ~ "' of profiles.yml, as profiles.example.yml has it"
    ) }}
{% endif %}
{%- endmacro %}

{#
    Registers Parquet files as raw tables, as they are: `location` holds one folder for each table, as
    `holdfast export-raw` writes it or any lake has it. Run it again whenever files came or went.

        dbt run-operation register_raw --target spark --args '{location: /data/raw, tables: [shop_orders]}'

    Without `tables` every table of the raw contract is registered, and must have its folder.
#}
{% macro register_raw(location, tables=none) -%}
{% if not execute %}{{ return('') }}{% endif %}
{% set contract = graph.sources.values() | selectattr('package_name', 'equalto', project_name) | list %}
{% for name in tables or [] if name not in contract | map(attribute='name') %}
    {{ exceptions.raise_compiler_error("register_raw: '" ~ name ~ "' is no table of the raw contract") }}
{% endfor %}
{% for node in contract if not tables or node.name in tables %}
    {% set table = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) %}
    {% if loop.first %}
        {% do run_query('create schema if not exists ' ~ table.without_identifier()) %}
    {% endif %}
    {% for statement in adapter.dispatch('table_over_parquet', 'holdfast')(table, location ~ '/' ~ node.name) %}
        {% do run_query(statement) %}
    {% endfor %}
    {% do log(table ~ ' reads ' ~ location ~ '/' ~ node.name, info=true) %}
{% endfor %}
{%- endmacro %}

{% macro default__table_over_parquet(table, folder) -%}
{{ exceptions.raise_compiler_error("register_raw is for Spark: '" ~ target.type ~ "' fills schema raw by other means") }}
{%- endmacro %}

{% macro spark__table_over_parquet(table, folder) -%}
{{ return([
    'drop table if exists ' ~ table,
    'create table ' ~ table ~ " using parquet location '" ~ folder | replace("'", "\\'") ~ "'",
]) }}
{%- endmacro %}
