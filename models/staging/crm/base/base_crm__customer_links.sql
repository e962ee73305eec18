with recursive landed as (
    select * from {{ source('raw', 'crm_customer_links') }}
),

{{ typed_rows('crm_customer_links') }},

customers as (
    select * from {{ ref('base_crm__customers') }}
),

known_targets as (
    select
        customer_id,
        true as is_staged
    from customers
    where _verdict in ('staged', 'unseen')

    union

    select
        customer_id,
        true as is_staged
    from typed
),

judged_alone as (
    select
        typed.*,
        {{ first_fault('crm_customer_links', {'merged_into_customer_id': 'known_targets'}) }} as _own_fault,
        {{ is_unseen('crm_customer_links') }} as _is_unseen,
        coalesce(typed.is_deleted, false) as _is_deleted
    from typed
    left join known_targets on typed.merged_into_customer_id = known_targets.customer_id
),

newest as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by
                updated_at desc nulls last,
                _loaded_at desc nulls last,
                _batch_id desc nulls last,
                _source_line desc nulls last
        ) as _newest
    from judged_alone
    where _own_fault is null and not _is_unseen
),

links as (
    select
        customer_id,
        merged_into_customer_id
    from newest
    where _newest = 1 and not _is_deleted
),

-- From each record along its links, one step a row; a cycle stops where it closes.
walk as (
    select
        customer_id as first_customer_id,
        merged_into_customer_id as customer_id,
        1 as steps
    from links

    union all

    select
        walk.first_customer_id,
        links.merged_into_customer_id as customer_id,
        walk.steps + 1 as steps
    from walk
    inner join links on walk.customer_id = links.customer_id
    where walk.customer_id <> walk.first_customer_id and walk.steps < 50
),

cycle_members as (
    select distinct first_customer_id as customer_id
    from walk
    where customer_id = first_customer_id
),

judged as (
    select
        judged_alone.*,
        coalesce(
            judged_alone._own_fault,
            case when cycle_members.customer_id is not null then 'merge_cycle:merged_into_customer_id' end
        ) as _fault
    from judged_alone
    left join cycle_members on judged_alone.customer_id = cycle_members.customer_id
),

{{ row_verdicts('crm_customer_links') }}

select * from verdicts
