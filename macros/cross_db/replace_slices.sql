{#
    The config of an incremental model that replaces whole slices: each value of the column `slice` that the
    model returns is written anew, every other slice stays. DuckDB deletes and inserts, Spark overwrites partitions.

        {{ config(**replace_slices('customer_bucket')) }}

    A slice that comes back without a row keeps its old ones on both engines: choose slices that cannot vanish.
#}
{% macro replace_slices(slice) -%}
{{ return(adapter.dispatch('replace_slices', 'holdfast')(slice)) }}
{%- endmacro %}

{% macro default__replace_slices(slice) -%}
{{ return({
    'materialized': 'incremental',
    'incremental_strategy': 'delete+insert',
    'unique_key': slice,
    'on_schema_change': 'fail',
}) }}
{%- endmacro %}

{% macro spark__replace_slices(slice) -%}
{{ return({
    'materialized': 'incremental',
    'incremental_strategy': 'insert_overwrite',
    'partition_by': [slice],
    'on_schema_change': 'fail',
}) }}
{%- endmacro %}
