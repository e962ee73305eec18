with counts as (
    select * from {{ ref('int_raw_book') }}
),

quarantined as (
    select
        raw_table,
        count(*) as rows_quarantined
    from {{ ref('quarantined_rows') }}
    group by raw_table
),

rejected as (
    select
        raw_table,
        count(*) as lines_rejected
    from {{ source('raw', 'landing_rejected_lines') }}
    group by raw_table
),

erased as (
    select
        raw_table,
        sum(rows_erased) as rows_erased
    from {{ source('raw', 'landing_erased_rows') }}
    group by raw_table
),

book as (
    select
        counts.raw_table,
        cast(counts.rows_in_raw - counts.rows_unseen + coalesce(erased.rows_erased, 0) as bigint) as rows_landed,
        cast(counts.rows_staged as bigint) as rows_staged,
        cast(coalesce(quarantined.rows_quarantined, 0) as bigint) as rows_quarantined,
        counts.rows_superseded,
        counts.rows_deleted,
        cast(coalesce(erased.rows_erased, 0) as bigint) as rows_erased,
        cast(coalesce(rejected.lines_rejected, 0) as bigint) as lines_rejected
    from counts
    left join quarantined on counts.raw_table = quarantined.raw_table
    left join rejected on counts.raw_table = rejected.raw_table
    left join erased on counts.raw_table = erased.raw_table
),

balanced as (
    select
        -- ids
        raw_table,

        -- counts
        rows_landed,
        rows_staged,
        rows_quarantined,
        rows_superseded,
        rows_deleted,
        rows_erased,
        lines_rejected,

        -- flags
        rows_landed = rows_staged + rows_quarantined + rows_superseded + rows_deleted + rows_erased as is_balanced
    from book
)

select * from balanced
