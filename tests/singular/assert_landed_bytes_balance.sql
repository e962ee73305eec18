-- Every byte of a landed file belongs to one record or to one rejected line, and each rejected line is kept.
-- Files landed before bytes were booked have nulls there and are left out.
-- depends_on: {{ ref('data_quality') }} (Dagster shows the test there)
with files as (
    select * from {{ source('raw', 'landing_files') }}
    where content_bytes is not null
),

kept as (
    select
        batch_id,
        raw_table,
        source_file,
        count(*) as lines_kept,
        sum(size_bytes) as bytes_kept
    from {{ source('raw', 'landing_rejected_lines') }}
    group by batch_id, raw_table, source_file
)

select
    files.*,
    kept.lines_kept,
    kept.bytes_kept
from files
left join kept
    on
        files.batch_id = kept.batch_id
        and files.raw_table = kept.raw_table
        and files.source_file = kept.source_file
where
    coalesce(files.bytes_of_records + files.bytes_rejected, -1) <> files.content_bytes
    or coalesce(kept.lines_kept, 0) <> files.lines_rejected
    or coalesce(kept.bytes_kept, 0) <> files.bytes_rejected
    or (files.content_bytes <> files.size_bytes and files.source_file not like '%.gz')
