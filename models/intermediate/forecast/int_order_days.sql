-- Days on which a customer ordered, as forecasts count purchases: two orders of a day are one.
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and not is_test and customer_id is not null
),

days as (
    select
        customer_id,
        ordered_on,
        cast(sum(net_order_value) as decimal(18, 4)) as net_order_value,
        cast(sum(net_order_value - cost) as decimal(18, 4)) as net_margin,
        row_number() over (partition by customer_id order by ordered_on nulls last) = 1 as is_first
    from orders
    group by customer_id, ordered_on
)

select * from days
