-- Each record with the one customer it belongs to, by links and shared tokens. The survivor of a merge leads, then age.
{% set rounds = 6 %}
with records as (
    select * from {{ ref('stg_crm__customers') }}
),

merged_records as (
    select * from {{ ref('int_customer_merges') }}
),

ids as (
    select
        customer_id,
        created_at
    from records

    union all

    select
        merged_records.customer_id,
        cast(null as timestamp) as created_at
    from merged_records
    left join records on merged_records.customer_id = records.customer_id
    where records.customer_id is null
),

roots as (
    select distinct root_customer_id from merged_records
),

memberships as (
    select * from {{ ref('int_identity_groups') }}
),

members as (
    select distinct customer_id from memberships
),

ranked as (
    select
        ids.customer_id,
        cast(row_number() over (
            order by
                case
                    when merged_records.customer_id is not null then 2
                    when roots.root_customer_id is not null then 0
                    else 1
                end nulls last,
                ids.created_at nulls last,
                ids.customer_id nulls last
        ) as bigint) as seniority
    from members
    inner join ids on members.customer_id = ids.customer_id
    left join merged_records on ids.customer_id = merged_records.customer_id
    left join roots on ids.customer_id = roots.root_customer_id
),

round_0 as (
    select
        memberships.customer_id,
        memberships.group_id,
        ranked.seniority
    from memberships
    inner join ranked on memberships.customer_id = ranked.customer_id
),

-- Each round hands the most senior record on through the groups that records share.
{% for step in range(1, rounds + 1) %}
group_round_{{ step }} as (
    select
        customer_id,
        group_id,
        min(seniority) over (partition by group_id) as seniority
    from round_{{ step - 1 }}
),

round_{{ step }} as (
    select
        customer_id,
        group_id,
        min(seniority) over (partition by customer_id) as seniority
    from group_round_{{ step }}
),

{% endfor %}
survivors as (
    select distinct
        customer_id,
        seniority
    from round_{{ rounds }}
),

identities as (
    select
        ids.customer_id as record_id,
        coalesce(seniors.customer_id, ids.customer_id) as customer_id
    from ids
    left join survivors on ids.customer_id = survivors.customer_id
    left join ranked as seniors on survivors.seniority = seniors.seniority
)

select * from identities
