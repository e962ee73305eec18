-- Rows of each landing that are in raw now, or were erased from it, against what the landing wrote into its book.
-- depends_on: {{ ref('data_quality') }} (Dagster shows the test there)
with booked as (
    select
        raw_table,
        batch_id,
        sum(rows_landed) as rows_landed
    from {{ source('raw', 'landing_files') }}
    group by raw_table, batch_id
),

erased as (
    select
        raw_table,
        batch_id,
        sum(rows_erased) as rows_erased
    from {{ source('raw', 'landing_erased_rows') }}
    group by raw_table, batch_id
),

present as (
    {% set tables = [] %}
    {% for node in (graph.sources.values() if execute else []) if node.config.meta.key %}
    {% do tables.append(node.name) %}
    {% endfor %}
    {% for table in tables %}
    select
        '{{ table }}' as raw_table,
        _batch_id as batch_id,
        count(*) as rows_present
    from {{ source('raw', table) }}
    group by _batch_id
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        cast(null as {{ dbt.type_string() }}) as raw_table,
        cast(null as {{ dbt.type_string() }}) as batch_id,
        0 as rows_present
    {% endfor %}
)

select
    booked.*,
    present.rows_present,
    erased.rows_erased
from booked
left join present on booked.raw_table = present.raw_table and booked.batch_id = present.batch_id
left join erased on booked.raw_table = erased.raw_table and booked.batch_id = erased.batch_id
where booked.rows_landed <> coalesce(present.rows_present, 0) + coalesce(erased.rows_erased, 0)
