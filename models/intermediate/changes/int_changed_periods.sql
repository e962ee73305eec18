-- Periods that begin, end or vanish since the last build: every customer's row of them is worked out anew.
with periods as (
    select
        period_grain,
        period_start,
        is_complete
    from {{ ref('dim_periods') }}
),

earlier as (
    select
        period_grain,
        period_start,
        is_complete
    from {{ as_last_built('dim_periods') }}
),

differences as (
    (select * from periods except select * from earlier)

    union all

    (select * from earlier except select * from periods)
),

changed as (
    select distinct
        period_grain,
        period_start
    from differences
)

select * from changed
