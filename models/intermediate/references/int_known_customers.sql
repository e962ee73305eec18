-- Customer ids that other rows may point to: records, and records that were merged away.
with customers as (
    select * from {{ ref('base_crm__customers') }}
),

links as (
    select * from {{ ref('base_crm__customer_links') }}
),

ids as (
    select
        customer_id,
        _verdict
    from customers

    union all

    select
        customer_id,
        _verdict
    from links
),

{{ known_ids('customer_id', from='ids') }}

select * from known
