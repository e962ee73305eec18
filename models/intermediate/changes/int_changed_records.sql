-- Customer records that belong to another customer than at the last build, with both; null where there was or is none.
with identities as (
    select * from {{ ref('int_customer_identities') }}
),

earlier as (
    select * from {{ as_last_built('int_customer_identities') }}
),

changed as (
    select
        coalesce(identities.record_id, earlier.record_id) as record_id,
        identities.customer_id,
        earlier.customer_id as earlier_customer_id
    from identities
    full outer join earlier on identities.record_id = earlier.record_id
    where
        identities.customer_id is null
        or earlier.customer_id is null
        or identities.customer_id <> earlier.customer_id
)

select * from changed
