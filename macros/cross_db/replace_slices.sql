{#
    Incremental models: what a delivery touches is stated once, as slices, and replaced whole.

        {% set slices = {'customer_id': 'int_touched_customers', 'order_id': 'int_changed_orders'} %}
        {{ config(**replace_slices(slices)) }}
        ...
            select * from {{ ref('int_order_amounts') }}
            {{ only(slices) }}

    Each slice is a column, or several joined by commas, and the model that lists its touched values. A build that
    goes on from the last one reads only rows in such a slice, deletes what the table holds of them, and inserts what
    the model returns; every other build makes the table anew. DuckDB replaces rows; Spark, whose files hold no
    single row, replaces the one partition that is the whole table: there each build is anew.
#}
{% macro replace_slices(slices, keeps_replaced=false) -%}
{% for touched in slices.values() %}{% do listed_in(touched) %}{% endfor %}
{{ return(adapter.dispatch('replace_slices', 'holdfast')(slices, keeps_replaced)) }}
{%- endmacro %}

{% macro default__replace_slices(slices, keeps_replaced=false) -%}
{{ return({'materialized': 'table'}) }}
{%- endmacro %}

{% macro duckdb__replace_slices(slices, keeps_replaced=false) -%}
{{ return({
    'materialized': 'incremental',
    'incremental_strategy': 'replace_slices',
    'on_schema_change': 'fail',
    'meta': {'slices': slices, 'keeps_replaced': keeps_replaced},
}) }}
{%- endmacro %}

{#
    The same for base models: the rows of a key are judged together, and a key never vanishes once it was there.
    The keys that a build judged anew are kept for those who need to know: as_replaced.
#}
{% macro replace_keys(key) -%}
{{ return(adapter.dispatch('replace_keys', 'holdfast')(key)) }}
{%- endmacro %}

{% macro default__replace_keys(key) -%}
{{ return({'materialized': 'table'}) }}
{%- endmacro %}

{% macro duckdb__replace_keys(key) -%}
{{ return({
    'materialized': 'incremental',
    'incremental_strategy': 'replace_keys',
    'on_schema_change': 'fail',
    'meta': {'key': key},
}) }}
{%- endmacro %}

{# The slices of what is told by customer and period: resegmented customers, and periods that begin, end or vanish. #}
{% macro restated_slices(customers='int_resegmented_customers', periods='int_changed_periods') -%}
{{ return({'customer_id': customers, 'period_grain, period_start': periods}) }}
{%- endmacro %}

{# The same for what is told by customer and first day of a period, whatever the grain. #}
{% macro segment_slices() -%}
{{ return({'customer_id': 'int_resegmented_customers', 'period_start': 'int_changed_periods'}) }}
{%- endmacro %}

{# Whether builds on this engine can go on from the last one. #}
{% macro can_replace_slices() -%}
{{ return(target.type == 'duckdb') }}
{%- endmacro %}

{#
    A model that lists what is touched. dbt learns of it when it parses, so that it is built first; a unit test, which
    never goes on from anything, need not mock it.
#}
{% macro listed_in(name) -%}
{% if not execute %}{{ return(ref(name)) }}{% endif %}
{% set nodes = graph.nodes or {} %}  {#- a unit test has none -#}
{{ return(nodes.get('model.' ~ project_name ~ '.' ~ name, {}).relation_name) }}
{%- endmacro %}

{# The condition that a row lies in a touched slice, as SQL without `where`; `of` is the relation's alias. #}
{% macro is_in(slices, of=none) -%}
{% set conditions = [] %}
{% for column, touched in slices.items() %}
    {% set key = '(' ~ column ~ ')' if not of else '(' ~ of ~ '.' ~ column | replace(', ', ', ' ~ of ~ '.') ~ ')' %}
    {% do conditions.append(key ~ ' in (select ' ~ column ~ ' from ' ~ listed_in(touched) ~ ')') %}
{% endfor %}
{{ return('(' ~ conditions | join('\n        or ') ~ ')') }}
{%- endmacro %}

{# Restricts a CTE of a model to the touched slices, in a build that goes on from the last one. #}
{% macro only(slices, of=none, word='where') -%}
{% set condition = is_in(slices, of) %}
{% if is_continued() %}{{ word }} {{ condition }}{% endif %}
{%- endmacro %}

{#
    The same for rows that have no period yet: those of touched customers; every customer's where any period is touched.
    It saves the work of rows that `only` would drop later, and takes nothing from them.
#}
{% macro only_customers(slices, word='where') -%}
{% set customers, periods = listed_in(slices['customer_id']), listed_in(slices['period_grain, period_start']) %}
{% if is_continued() -%}
{{ word }} (
        customer_id in (select customer_id from {{ customers }})
        or (select count(*) from {{ periods }}) > 0
    )
{%- endif %}
{%- endmacro %}

{#
    The strategy of replace_slices. Where the model's meta says `keeps_replaced`, the rows that go are kept in
    schema last_build until the next build, for those who count the difference.
#}
{% macro get_incremental_replace_slices_sql(arguments) -%}
{% set table, rows = arguments.target_relation, arguments.temp_relation %}
{% set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') %}
{% set touched = is_in(config.get('meta').slices) %}
{% if config.get('meta').keeps_replaced %}
create or replace table {{ last_build(table.identifier) }} as select * from {{ table }} where {{ touched }};
{% endif %}
{% for column, name in config.get('meta').slices.items() %}
delete from {{ table }} where {{ is_in({column: name}) }};
{% endfor %}
insert into {{ table }} ({{ columns }}) select {{ columns }} from {{ rows }};
{%- endmacro %}

{# The strategy of replace_keys. #}
{% macro get_incremental_replace_keys_sql(arguments) -%}
{% set table, rows, key = arguments.target_relation, arguments.temp_relation, config.get('meta').key %}
{% set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') %}
{% set judged = last_build(table.identifier) %}
create or replace table {{ judged }} as select distinct {{ key }} from {{ rows }} where {{ key }} is not null;
delete from {{ table }} where {{ key }} in (select {{ key }} from {{ judged }});
insert into {{ table }} ({{ columns }}) select {{ columns }} from {{ rows }};
{%- endmacro %}

{#
    What a build that goes on replaced in a model, as a relation: the keys of a base model, the rows that a model with
    keeps_replaced had before. Nothing in a build that starts anew.
#}
{% macro as_replaced(name) -%}
{% set model = ref(name) %}
{% set none_of_all = '(select * from ' ~ model ~ ' where false) as none_of_all' %}
{{ return(last_build(name) if is_continued() else none_of_all) }}
{%- endmacro %}

{# The strategy of a model that works out all its rows from its own old ones. #}
{% macro get_incremental_rewrite_sql(arguments) -%}
{% set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') %}
delete from {{ arguments.target_relation }};
insert into {{ arguments.target_relation }} ({{ columns }}) select {{ columns }} from {{ arguments.temp_relation }};
{%- endmacro %}
