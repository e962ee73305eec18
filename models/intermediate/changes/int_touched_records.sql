-- Ids of customer records that a delivery touches: of which rows have come, or whose link may count anew.
with records as (
    select * from {{ ref('base_crm__customers') }}
    where {{ is_new('crm_customers') }}
),

links as (
    select * from {{ ref('base_crm__customer_links') }}
),

new_links as (
    select * from links
    where {{ is_new('crm_customer_links') }}
),

touched as (
    select customer_id from records

    union

    -- a record may be what a link was waiting for
    select links.customer_id
    from links
    inner join records on links.merged_into_customer_id = records.customer_id

    union

    -- a link may close or open a circle
    select customer_id from links
    where (select count(*) from new_links) > 0
),

named as (
    select * from touched
    where customer_id is not null
)

select * from named
