-- What each customer was worth on each day: orders and refunds with the day on which they were known and that of the
-- order, and changes of MRR. Standings of any day add up what had been known by then.
{% set slices = {'customer_id': 'int_restated_customers'} %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
{% set nothing = 'cast(0 as decimal(18, 4))' %}
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
    {{ only(slices, word='and') }}
),

refunds as (
    select * from {{ ref('fct_refunds') }}
    where is_counted and customer_id is not null
    {{ only(slices, word='and') }}
),

refund_amounts as (
    select
        refund_id,
        amount_at_order_rate
    from {{ ref('int_refund_amounts') }}
),

mrr_changes as (
    select * from {{ ref('int_mrr_changes') }}
    {{ only(slices) }}
),

events as (
    select
        customer_id,
        ordered_on as happened_on,
        ordered_on,
        1 as orders,
        cast(gross_amount - discount_amount as decimal(18, 4)) as order_value,
        cast(gross_amount - discount_amount - cost as decimal(18, 4)) as net_margin,
        {{ nothing }} as mrr_change
    from orders

    union all

    select
        refunds.customer_id,
        refunds.refunded_on as happened_on,
        refunds.ordered_on,
        0 as orders,
        cast(-coalesce(refund_amounts.amount_at_order_rate, 0) as decimal(18, 4)) as order_value,
        cast(-refunds.amount as decimal(18, 4)) as net_margin,
        {{ nothing }} as mrr_change
    from refunds
    inner join refund_amounts on refunds.refund_id = refund_amounts.refund_id

    union all

    select
        customer_id,
        moved_on as happened_on,
        cast(null as date) as ordered_on,
        0 as orders,
        {{ nothing }} as order_value,
        {{ nothing }} as net_margin,
        mrr_change
    from mrr_changes
),

days as (
    select
        customer_id,
        happened_on,
        ordered_on,
        cast(sum(orders) as int) as orders,
        cast(sum(order_value) as decimal(18, 4)) as order_value,
        cast(sum(net_margin) as decimal(18, 4)) as net_margin,
        cast(sum(mrr_change) as decimal(18, 4)) as mrr_change
    from events
    group by customer_id, happened_on, ordered_on
)

select * from days
