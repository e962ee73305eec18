-- Buckets of solved tickets follow each other without a gap from 0 hours on, there is one for no ticket and one for
-- unsolved ones, that for no ticket comes first, and one is what the others are compared with.
with buckets as (
    select * from {{ ref('resolution_buckets') }}
),

solved as (
    select
        resolution_bucket,
        more_than_hours,
        at_most_hours,
        lag(at_most_hours) over (order by bucket_order nulls last) as hours_before,
        lag(bucket_order) over (order by bucket_order nulls last) is null as is_first,
        lead(bucket_order) over (order by bucket_order nulls last) is null as is_last
    from buckets
    where ticket_state = 'solved'
),

counted as (
    select
        sum(case when ticket_state = 'none' then 1 else 0 end) as for_none,
        sum(case when ticket_state = 'unsolved' then 1 else 0 end) as for_unsolved,
        sum(case when ticket_state = 'solved' then 1 else 0 end) as for_solved,
        sum(case when is_reference then 1 else 0 end) as compared_with,
        min(case when ticket_state = 'none' then bucket_order end) as none_order,
        min(bucket_order) as first_order
    from buckets
)

select
    resolution_bucket,
    'hours leave a gap or overlap' as fault
from solved
where
    (is_first and more_than_hours is not null)
    or (not is_first and (more_than_hours is null or hours_before is null or more_than_hours <> hours_before))
    or (is_last and at_most_hours is not null)

union all

select
    cast(null as {{ dbt.type_string() }}) as resolution_bucket,
    'not one bucket each for none, for unsolved and to compare with' as fault
from counted
where for_none <> 1 or for_unsolved <> 1 or for_solved = 0 or compared_with <> 1 or none_order <> first_order
