-- Recency, frequency and monetary value of each customer who bought inside the RFM window, one row a measure.
with customers as (
    select * from {{ ref('int_customer_orders') }}
    where window_orders > 0
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

measures as (
    select
        customers.customer_id,
        'recency' as measure,
        cast({{ days_between('customers.last_ordered_on', 'as_of.as_of_date') }} as decimal(18, 4)) as value
    from customers
    cross join as_of

    union all

    select
        customer_id,
        'frequency' as measure,
        cast(window_orders as decimal(18, 4)) as value
    from customers

    union all

    select
        customer_id,
        'monetary' as measure,
        window_net_order_value as value
    from customers
)

select * from measures
