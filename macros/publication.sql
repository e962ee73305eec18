{#
    What the publication has to know of a build, in schema last_build, so that it needs no file of dbt's:

        last_build.build    one row (begin_build): checks_before_forecasts, checks_after_forecasts, and whether the
                            marts are of one build in which every blocking check passed (is_publishable)
        last_build.marts    one row per mart: the columns of its key, and whether its closed periods look ahead
        last_build.lineage  one row per mart and raw table that it is made of, by whatever way
        last_build.checks   one row per book or bridge (singular test that stops a build), with its SQL: they are run
                            again on what is published
#}

{# Whether a node is a mart. #}
{% macro is_mart(node) -%}
{{ return(node.resource_type == 'model' and node.package_name == project_name and node.config.enabled
    and node.schema == 'marts') }}
{%- endmacro %}

{# Tests of data: those of macros prove the code. #}
{% macro is_data_test(node) -%}
{{ return(node.resource_type == 'test' and not node.original_file_path.startswith('tests/cross_db')) }}
{%- endmacro %}

{# Raw tables that a node is made of. `known` keeps what was found before. #}
{% macro raw_tables_of(unique_id, known) -%}
{% if unique_id in known %}{{ return(known[unique_id]) }}{% endif %}
{% if unique_id in graph.sources %}
    {% set source = graph.sources[unique_id] %}
    {{ return([source.name] if source.schema == 'raw' and source.config.meta.key else []) }}
{% endif %}
{% set tables = [] %}
{% for parent in graph.nodes[unique_id].depends_on.nodes %}
    {% do tables.extend(raw_tables_of(parent, known)) %}
{% endfor %}
{% do known.update({unique_id: tables | unique | list}) %}
{{ return(known[unique_id]) }}
{%- endmacro %}

{# Statements, after a part of a build whose checks all passed: `results` are dbt's. #}
{% macro record_for_publication(results) -%}
{% set build, checks = last_build('build'), [] %}
{% for result in results if is_data_test(result.node) %}{% do checks.append(result.node.unique_id) %}{% endfor %}
{% set part = 'checks_after_forecasts' if builds_after_forecasts() else 'checks_before_forecasts' %}
{% set all_checks, keys, marts, lineage, known = [], {}, [], [], {} %}
{% for node in graph.nodes.values() if is_data_test(node) %}
    {% do all_checks.append(node.unique_id) %}
    {% if (node.test_metadata or {}).name == 'unique_key' %}
        {% do keys.update({node.attached_node: node.test_metadata.kwargs.columns | join(',') | replace("'", "''")}) %}
    {% endif %}
{% endfor %}
{% for node in graph.nodes.values() if is_mart(node) %}
    {% do marts.append("('" ~ node.name ~ "', '" ~ keys.get(node.unique_id, '') ~ "', "
        ~ ('true' if node.config.meta.looks_ahead else 'false') ~ ')') %}
    {% for table in raw_tables_of(node.unique_id, known) %}
        {% do lineage.append("('" ~ node.name ~ "', '" ~ table ~ "')") %}
    {% endfor %}
{% endfor %}
{% set statements = [
    'update ' ~ build ~ ' set ' ~ part ~ ' = ' ~ checks | unique | list | length,
    'update ' ~ build ~ ' set is_publishable = is_complete and checks_before_forecasts + checks_after_forecasts >= '
        ~ all_checks | length,
    'create or replace table ' ~ last_build('marts') ~ ' as select * from (values ' ~ marts | join(', ')
        ~ ') as listed(mart, key_columns, looks_ahead)',
    'create or replace table ' ~ last_build('lineage') ~ ' as select * from (values ' ~ lineage | join(', ')
        ~ ') as listed(mart, raw_table)',
    'create table if not exists ' ~ last_build('checks') ~ ' (check_name varchar, query varchar, part varchar)',
    'delete from ' ~ last_build('checks') ~ " where part = '" ~ part ~ "'",
] %}
{% for result in results if is_data_test(result.node) and not result.node.test_metadata
    and result.node.config.severity | lower == 'error' %}
    {% do statements.append('insert into ' ~ last_build('checks') ~ " values ('" ~ result.node.name ~ "', '"
        ~ result.node.compiled_code | replace("'", "''") ~ "', '" ~ part ~ "')") %}
{% endfor %}
{{ return(statements) }}
{%- endmacro %}
