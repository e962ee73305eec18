-- What each customer bought and gave back in each period: valid orders on their day, counted refunds on theirs.
{% set slices = restated_slices() %}
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
    {{ only_customers(slices, word='and') }}
),

refunds as (
    select * from {{ ref('fct_refunds') }}
    where is_counted and customer_id is not null
    {{ only_customers(slices, word='and') }}
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

events as (
    select
        customer_id,
        ordered_on as happened_on,
        order_number,
        case when promotion_id is not null then 1 else 0 end as promo_orders,
        gross_amount,
        discount_amount,
        cast(0 as decimal(18, 4)) as refund_amount,
        cost,
        net_order_value
    from orders

    union all

    select
        customer_id,
        refunded_on as happened_on,
        cast(null as int) as order_number,
        0 as promo_orders,
        cast(0 as decimal(18, 4)) as gross_amount,
        cast(0 as decimal(18, 4)) as discount_amount,
        amount as refund_amount,
        cast(0 as decimal(18, 4)) as cost,
        cast(0 as decimal(18, 4)) as net_order_value
    from refunds
),

-- One row per customer and day first, so that each grain adds up days, not orders.
days as (
    select
        customer_id,
        happened_on,
        count(order_number) as orders,
        sum(promo_orders) as promo_orders,
        min(order_number) as first_order_number,
        max(order_number) as last_order_number,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(refund_amount) as refund_amount,
        sum(cost) as cost,
        sum(net_order_value) as net_order_value
    from events
    group by customer_id, happened_on
),

periods as (
    select
        days.customer_id,
        date_periods.period_grain,
        date_periods.period_start,
        cast(sum(days.orders) as int) as orders,
        cast(sum(days.promo_orders) as int) as promo_orders,
        min(days.first_order_number) as first_order_number,
        max(days.last_order_number) as last_order_number,
        cast(sum(days.gross_amount) as decimal(18, 4)) as gross_amount,
        cast(sum(days.discount_amount) as decimal(18, 4)) as discount_amount,
        cast(sum(days.refund_amount) as decimal(18, 4)) as refund_amount,
        cast(sum(days.cost) as decimal(18, 4)) as cost,
        cast(sum(days.net_order_value) as decimal(18, 4)) as net_order_value
    from days
    inner join date_periods on days.happened_on = date_periods.date_day
    {{ only(slices) }}
    group by days.customer_id, date_periods.period_grain, date_periods.period_start
)

select * from periods
