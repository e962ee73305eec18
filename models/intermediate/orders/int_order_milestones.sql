-- The days on which each customer became a buyer, a buyer on two days, and a buyer of two orders.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
    {{ only(slices, word='and') }}
),

days as (
    select
        customer_id,
        ordered_on,
        max(order_number) as last_order_number,
        row_number() over (partition by customer_id order by ordered_on nulls last) as day_number
    from orders
    group by customer_id, ordered_on
),

milestones as (
    select
        customer_id,
        min(ordered_on) as first_on,
        min(case when day_number = 2 then ordered_on end) as second_day_on,
        min(case when last_order_number > 1 then ordered_on end) as second_order_on
    from days
    group by customer_id
)

select * from milestones
