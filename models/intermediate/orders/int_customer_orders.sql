-- Everything that each customer bought and gave back so far, and over the RFM window.
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
),

refunds as (
    select * from {{ ref('fct_refunds') }}
    where is_counted and customer_id is not null
),

as_of as (
    select
        as_of_date,
        {{ add_days('as_of_date', -(var('rfm_window_days') | int)) }} as window_start
    from {{ ref('int_as_of') }}
),

events as (
    select
        customer_id,
        ordered_on,
        cast(gross_amount - discount_amount as decimal(18, 4)) as net_revenue,
        net_order_value,
        cost
    from orders

    union all

    select
        customer_id,
        cast(null as date) as ordered_on,
        cast(-amount as decimal(18, 4)) as net_revenue,
        cast(0 as decimal(18, 4)) as net_order_value,
        cast(0 as decimal(18, 4)) as cost
    from refunds
),

customers as (
    select
        events.customer_id,
        cast(count(events.ordered_on) as int) as orders,
        cast(sum(events.net_revenue) as decimal(18, 4)) as net_revenue,
        cast(sum(events.net_order_value) as decimal(18, 4)) as net_order_value,
        cast(sum(events.cost) as decimal(18, 4)) as cost,
        min(events.ordered_on) as first_ordered_on,
        max(events.ordered_on) as last_ordered_on,
        cast(sum(case when events.ordered_on >= as_of.window_start then 1 else 0 end) as int) as window_orders,
        cast(
            sum(case when events.ordered_on >= as_of.window_start then events.net_order_value else 0 end)
            as decimal(18, 4)
        ) as window_net_order_value
    from events
    cross join as_of
    group by events.customer_id
)

select * from customers
