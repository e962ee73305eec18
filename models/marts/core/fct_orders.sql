{% set slices = {'customer_id': 'int_touched_customers', 'order_id': 'int_changed_orders'} %}
{{ config(**replace_slices(slices)) }}
with orders as (
    select * from {{ ref('int_order_amounts') }}
    {{ only(slices) }}
),

costs as (
    select * from {{ ref('int_order_costs') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

refunds as (
    select
        order_id,
        cast(sum(amount_at_order_rate) as decimal(18, 4)) as refunded_amount
    from {{ ref('int_refund_amounts') }}
    where order_id is not null
    group by order_id
),

valued as (
    select
        orders.*,
        cast(orders.gross_amount - orders.discount_amount as decimal(18, 4)) as amount_after_discount,
        coalesce(refunds.refunded_amount, cast(0 as decimal(18, 4))) as refunded_amount,
        coalesce(costs.has_known_cost, false) as has_known_cost,
        coalesce(
            costs.cost,
            cast(
                round((orders.gross_amount - orders.discount_amount) * {{ var('unknown_cost_rate') }}, 4)
                as decimal(18, 4)
            )
        ) as cost,
        orders.is_test or coalesce(customers.is_test, false) as is_test_order
    from orders
    left join costs on orders.order_id = costs.order_id
    left join customers on orders.customer_id = customers.customer_id
    left join refunds on orders.order_id = refunds.order_id
),

judged as (
    select
        *,
        status in ('{{ var("valid_order_statuses") | join("', '") }}')
        and not is_test_order
        and gross_amount >= {{ var('valid_order_minimum_gross') }}
        and not (refunded_amount > 0 and refunded_amount >= amount_after_discount) as is_valid
    from valued
),

numbered as (
    select
        -- ids
        order_id,
        customer_id,
        promotion_id,

        -- text
        status,
        sales_channel,
        currency,

        -- numbers
        gross_amount,
        discount_amount,
        refunded_amount,
        cast(amount_after_discount - refunded_amount as decimal(18, 4)) as net_order_value,
        cost,
        shipping_amount,
        tax_amount,
        gross_amount_local,
        discount_amount_local,
        case
            when is_valid and customer_id is not null
                then cast(row_number() over (
                    partition by customer_id, is_valid order by ordered_at nulls last, order_id nulls last
                ) as int)
        end as order_number,

        -- flags
        is_valid,
        is_test_order as is_test,
        has_known_cost,

        -- times
        ordered_on,
        ordered_at
    from judged
)

select * from numbered
