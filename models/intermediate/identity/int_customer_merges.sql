-- Each record that was merged away, with the record at the end of its chain of links.
with recursive links as (
    select * from {{ ref('stg_crm__customer_links') }}
),

walk as (
    select
        customer_id,
        merged_into_customer_id,
        1 as steps
    from links

    union all

    select
        walk.customer_id,
        links.merged_into_customer_id,
        walk.steps + 1 as steps
    from walk
    inner join links on walk.merged_into_customer_id = links.customer_id
    where walk.steps < 50
),

ends as (
    select
        walk.customer_id,
        walk.merged_into_customer_id as root_customer_id
    from walk
    left join links on walk.merged_into_customer_id = links.customer_id
    where links.customer_id is null
)

select * from ends
