-- E-mail tokens whose guest orders may belong to another customer: of touched or changed records, and of guest orders.
with records as (
    select * from {{ ref('base_crm__customers') }}
),

orders as (
    select * from {{ ref('base_shop__orders') }}
),

touched_records as (
    select customer_id from {{ ref('int_touched_records') }}
    union
    select record_id as customer_id from {{ ref('int_changed_records') }}
),

touched_orders as (
    select * from {{ ref('int_touched_orders') }}
),

touched as (
    select records.email as guest_email
    from records
    inner join touched_records on records.customer_id = touched_records.customer_id

    union

    select orders.guest_email
    from orders
    inner join touched_orders on orders.order_id = touched_orders.order_id
),

named as (
    select * from touched
    where guest_email is not null
)

select * from named
