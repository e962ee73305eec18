-- Ids of customer records that a delivery touches: judged anew, because rows of them have come; or whose link counts in
-- another way.
with judged as (
    select customer_id from {{ as_replaced('base_crm__customers') }}
),

now as (
    select * from {{ ref('base_crm__customer_links') }}
),

earlier as (
    select * from {{ as_last_built('base_crm__customer_links') }}
),

{{ differences(['customer_id', 'merged_into_customer_id', 'linked_at', '_verdict']) }},

touched as (
    select customer_id from judged

    union

    select customer_id from differences
),

named as (
    select * from touched
    where customer_id is not null
)

select * from named
