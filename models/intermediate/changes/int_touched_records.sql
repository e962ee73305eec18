-- Ids of customer records that a delivery touches: of which rows have come, or whose link may count anew.
with records as (
    select * from {{ source('raw', 'crm_customers') }}
    where {{ is_new('crm_customers') }}
),

links as (
    select
        customer_id,
        merged_into_customer_id,
        {{ is_new('crm_customer_links') }} as is_new
    from {{ source('raw', 'crm_customer_links') }}
),

touched as (
    select customer_id from records

    union

    -- A new link may close or open a circle; a new record may be what a link was waiting for.
    select customer_id from links
    where
        (select max(case when is_new then 1 else 0 end) from links) = 1
        or merged_into_customer_id in (select customer_id from records)
)

select * from touched
where customer_id is not null
