with quarantined as (
    select
        raw_table,
        reason
    from {{ ref('quarantined_rows') }}
),

rejected as (
    select
        raw_table,
        reason
    from {{ source('raw', 'landing_rejected_lines') }}
),

reasons as (
    select * from {{ ref('quarantine_reasons') }}
),

refused as (
    select * from quarantined
    union all
    select * from rejected
),

counted as (
    select
        raw_table,
        reason,
        cast(count(*) as bigint) as refusals
    from refused
    group by raw_table, reason
),

explained as (
    select
        -- text
        counted.raw_table,
        counted.reason,
        reasons.refused,

        -- counts
        counted.refusals,

        -- explanation
        reasons.meaning,
        reasons.how_to_mend
    from counted
    inner join reasons on counted.reason = reasons.reason
)

select * from explained
