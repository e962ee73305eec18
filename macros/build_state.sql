{#
    What the last complete build knew, in schema last_build: whether the next one may go on from there, and from
    where. A build goes on (it is incremental) only where everything that it stands on is unchanged: the code, the
    vars, and every raw row of the batches built so far. Otherwise it starts anew, and so does the build after one
    that failed, was killed, or built a part of the models alone.

        last_build.build     one row: the build that is running or was the last, whether it came to its end, and
                             what the publication has to know of it (publication.sql)
        last_build.batches   one row per raw table and delivery: its rows, and whether this build is its first
        last_build.<model>   a model as the last build left it, where a change of it must be known; or of a sliced
                             model the rows that the last continued build replaced; or of a base model their keys
#}

{# A relation of schema last_build. #}
{% macro last_build(name) -%}
{{ return(api.Relation.create(database=target.database, schema='last_build', identifier=name)) }}
{%- endmacro %}

{# A model as the last build left it; in a build that starts anew, as it is now, so that nothing has changed. #}
{% macro as_last_built(name) -%}
{% set now = ref(name) %}
{{ return(last_build(name) if is_continued() else now) }}
{%- endmacro %}

{# Models of which the last build's rows are kept whole: small ones that are built whole each time. #}
{% macro kept_models() -%}
{{ return([
    'base_crm__customer_links', 'stg_shop__products', 'int_as_of', 'int_customer_identities', 'int_exchange_rates',
    'dim_periods', 'int_scored_days', 'stg_shop__promotions', 'stg_loyalty__programmes',
]) }}
{%- endmacro %}

{# Whether this build goes on from the last one: as begin_build found, for all that dbt renders after it. #}
{% macro is_continued() -%}
{{ return(execute and (graph or {}).get('goes_on', false)) }}
{%- endmacro %}

{# In place of dbt's own: an incremental model starts anew in every build that does not go on from the last one. #}
{% macro should_full_refresh() -%}
{% set configured = config.get('full_refresh') %}
{{ return(not is_continued() if configured is none else configured) }}
{%- endmacro %}

{# Everything that decides what the models compute, as one hash: code, contract, vars and the version of dbt. #}
{% macro code_fingerprint() -%}
{% set parts = [dbt_version, target.type] %}
{% set code = [] %}
{% for name, macro in context[project_name].items() if macro.macro is defined %}
    {% do code.append(name ~ macro.macro.macro_sql) %}
{% endfor %}
{% for node in graph.nodes.values() if node.package_name == project_name and node.resource_type in ('model', 'seed') %}
    {% do code.append(node.unique_id ~ node.checksum.checksum ~ tojson(node.config, sort_keys=true)) %}
    {% do code.append(node.raw_code) %}
{% endfor %}
{% for node in graph.sources.values() if node.package_name == project_name %}
    {% set columns = [] %}
    {% for column in node.columns.values() %}
        {% do columns.append([column.name, column.data_type, column.config.meta]) %}
    {% endfor %}
    {% do code.append(tojson([node.unique_id, node.config.meta, columns], sort_keys=true)) %}
{% endfor %}
{% set code = code | sort | join('\n') %}
{% for name in modules.re.findall("var\([\"']([a-z_0-9]+)", code) | unique | sort %}
    {# As text: a date that YAML recognised is no JSON. #}
    {% do parts.append(name ~ '=' ~ var(name, none)) %}
{% endfor %}
{{ return(local_md5(code ~ parts | join('\n'))) }}
{%- endmacro %}

{# Models that read a forecast, which is made from all the others: they are built whole each time, after it. #}
{% macro reads_forecasts(node) -%}
{{ return('after_forecasts' in node.config.tags) }}
{%- endmacro %}

{# Whether every model of the project up to the forecast, and every row, is part of this run. #}
{% macro builds_everything() -%}
{% if flags.EMPTY or flags.SAMPLE %}{{ return(false) }}{% endif %}
{% for node in graph.nodes.values()
    if node.package_name == project_name and node.resource_type == 'model' and node.config.enabled
    and node.config.materialized != 'ephemeral' and not reads_forecasts(node)
    and node.unique_id not in selected_resources %}
    {{ return(false) }}
{% endfor %}
{{ return(true) }}
{%- endmacro %}

{# Whether this run builds nothing but what reads the forecast: the second part of a build. #}
{% macro builds_after_forecasts() -%}
{% for node in graph.nodes.values()
    if node.resource_type in ('model', 'seed') and node.unique_id in selected_resources and not reads_forecasts(node) %}
    {{ return(false) }}
{% endfor %}
{{ return(true) }}
{%- endmacro %}

{# The rows of each raw table by delivery, as SQL: raw_table, batch_id, row_count. #}
{% macro raw_batches() -%}
{% for node in graph.sources.values() if node.package_name == project_name and node.config.meta.key %}
select
    '{{ node.name }}' as raw_table,
    _batch_id as batch_id,
    count(*) as row_count
from {{ node.relation_name }}
group by _batch_id
{% if not loop.last %}union all{% endif %}
{% endfor %}
{%- endmacro %}

{# Why the build that begins cannot go on from the last one, or nothing. #}
{% macro why_anew(fingerprint) -%}
{% if flags.FULL_REFRESH %}{{ return('a full refresh was asked for') }}{% endif %}
{% if not builds_everything() %}{{ return('a part of the models is built') }}{% endif %}
{% if as_of_date() %}{{ return('the past is rebuilt (as_of_date)') }}{% endif %}
{% for table in var('snapshot_tables') or [] if table in sliced_raw_tables() %}
    {{ return(table ~ ' comes as snapshots') }}
{% endfor %}
{% for name in ['build', 'batches'] + kept_models() %}
    {% if not adapter.get_relation(database=target.database, schema='last_build', identifier=name) %}
        {{ return('there was no complete build before') }}
    {% endif %}
{% endfor %}
{% for node in graph.nodes.values()
    if node.package_name == project_name and node.resource_type == 'model' and node.config.enabled
    and not reads_forecasts(node) and not adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) %}
    {{ return(node.name ~ ' is gone') }}
{% endfor %}
{% set last = run_query('select fingerprint, is_complete from ' ~ last_build('build')).rows %}
{% if last | length != 1 or not last[0][1] %}{{ return('the last build did not come to its end') }}{% endif %}
{% if last[0][0] != fingerprint %}{{ return('models, contract or vars have changed') }}{% endif %}
{% set changed %}
with raw_now as (
    {{ raw_batches() }}
)

select coalesce(built.raw_table, raw_now.raw_table) as raw_table
from {{ last_build('batches') }} as built
full outer join raw_now on built.raw_table = raw_now.raw_table and built.batch_id = raw_now.batch_id
where (built.raw_table is not null and coalesce(raw_now.row_count, 0) <> built.row_count) or raw_now.batch_id is null
limit 1
{% endset %}
{% set changed = run_query(changed).rows %}
{% if changed %}{{ return('rows of ' ~ changed[0][0] ~ ' that were built before are others now, or tell no batch') }}{% endif %}
{{ return('') }}
{%- endmacro %}

{# Raw tables whose rows are judged by the keys that a delivery touches; the others are judged whole. #}
{% macro sliced_raw_tables() -%}
{% set tables = [] %}
{% for node in graph.nodes.values() if node.name.startswith('base_') and node.config.meta.key %}
    {% do tables.append(node.name.replace('base_', '', 1).replace('__', '_', 1)) %}
{% endfor %}
{{ return(tables) }}
{%- endmacro %}

{# Before a build: says whether it goes on from the last one, and marks that one as passed. #}
{% macro begin_build() -%}
{% if not (execute and flags.WHICH in ('build', 'run') and can_replace_slices()) %}{{ return('') }}{% endif %}
{% if builds_after_forecasts() %}
    {% set build = adapter.get_relation(database=target.database, schema='last_build', identifier='build') %}
    {{ return('update ' ~ build ~ ' set checks_after_forecasts = 0, is_publishable = false' if build else '') }}
{% endif %}
{% set fingerprint = code_fingerprint() %}
{% set why = why_anew(fingerprint) %}
{% do graph.update({'goes_on': not why}) %}
{% do log('builds anew: ' ~ why if why else 'goes on from the last build', info=true) %}
{% set batches = last_build('batches') %}
{% set statements = ['create schema if not exists ' ~ batches.without_identifier()] %}
{% if why %}
    {% do statements.append('create or replace table ' ~ batches ~ ' as select *, true as is_new from (' ~ raw_batches() ~ ') as raw_now') %}
{% else %}
    {% do statements.append(
        'insert into ' ~ batches ~ ' select raw_now.*, true as is_new from (' ~ raw_batches() ~ ') as raw_now'
        ~ ' left join ' ~ batches ~ ' as built on raw_now.raw_table = built.raw_table and raw_now.batch_id = built.batch_id'
        ~ ' where built.batch_id is null'
    ) %}
{% endif %}
{% do statements.append(new_build(fingerprint, is_continued=not why)) %}
{{ return(run_before_models(statements)) }}
{%- endmacro %}

{# The statement that writes last_build.build anew. #}
{% macro new_build(fingerprint, is_continued=false, is_complete=false) -%}
{{ return(
    'create or replace table ' ~ last_build('build') ~ " as select '" ~ invocation_id ~ "' as invocation_id, "
    ~ is_continued ~ ' as is_continued, ' ~ is_complete ~ " as is_complete, '" ~ fingerprint ~ "' as fingerprint, "
    ~ "cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S') ~ "' as timestamp) as started_at, "
    ~ '0 as checks_before_forecasts, 0 as checks_after_forecasts, false as is_publishable'
) }}
{%- endmacro %}

{# Takes over what another engine built, whose tables are read here: it is complete, and every check has yet to run.

        dbt run-operation adopt_build --target lake
#}
{% macro adopt_build() -%}
{% if not execute %}{{ return('') }}{% endif %}
{% set batches = last_build('batches') %}
{% set statements = missing_raw_tables() + [
    'create schema if not exists ' ~ batches.without_identifier(),
    'create or replace table ' ~ batches ~ ' as select *, false as is_new from (' ~ raw_batches() ~ ') as raw_now',
    new_build(code_fingerprint(), is_complete=true),
    'commit',
] %}
{% for statement in statements %}{% do run_query(statement) %}{% endfor %}
{%- endmacro %}

{# After a build in which every model was built and no check failed: the next one may go on from here. Where what reads
   the forecast is built apart, after the rest, its failures say the opposite. #}
{% macro end_build(results) -%}
{% if not (execute and flags.WHICH in ('build', 'run') and can_replace_slices()) %}{{ return('') }}{% endif %}
{% for result in results if result.status not in ('success', 'pass', 'warn', 'no-op') %}
    {{ return(builds_after_forecasts() and 'update ' ~ last_build('build') ~ ' set is_complete = false' or '') }}
{% endfor %}
{% if builds_after_forecasts() %}
    {{ return((['begin'] + record_for_publication(results) + ['commit']) | join(';\n')) }}
{% endif %}
{% if not builds_everything() %}{{ return('') }}{% endif %}
{% set statements = ['update ' ~ last_build('batches') ~ ' set is_new = false where is_new'] %}
{% for name in kept_models() %}
    {% do statements.append('create or replace table ' ~ last_build(name) ~ ' as select * from '
        ~ graph.nodes['model.' ~ project_name ~ '.' ~ name].relation_name) %}
{% endfor %}
{% do statements.append('update ' ~ last_build('build') ~ ' set is_complete = true') %}
{% do statements.extend(record_for_publication(results)) %}
{{ return((['begin'] + statements + ['commit']) | join(';\n')) }}
{%- endmacro %}
