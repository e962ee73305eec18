-- Customers with one, and with two or more, orders and order days ever by the end of a period, by segment.
{% set keys = ['period_grain', 'period_start'] %}
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
),

versions as (
    select * from {{ ref('int_customer_versions') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
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

customers as (
    select
        customer_id,
        min(ordered_on) as first_on,
        min(case when day_number = 2 then ordered_on end) as second_day_on,
        min(case when last_order_number > 1 then ordered_on end) as second_order_on
    from days
    group by customer_id
),

standing as (
    select
        periods.period_grain,
        periods.period_start,
        coalesce(customers.second_day_on < periods.seen_until, false) as has_two_days,
        coalesce(customers.second_order_on < periods.seen_until, false) as has_two_orders,
        {{ attributes_as_of('versions', 'periods.period_start') }}
    from customers
    inner join periods on customers.first_on < periods.seen_until
    inner join versions
        on
            {{ in_force('versions', 'customers.customer_id', 'periods.period_start') }}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(count(*) as bigint) as lifetime_customers,
        cast(sum(case when has_two_days then 1 else 0 end) as bigint) as lifetime_repeat_customers,
        cast(sum(case when has_two_orders then 1 else 0 end) as bigint) as lifetime_repeat_order_customers
    from standing
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
