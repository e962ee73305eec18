-- How often each buyer buys: days between order days so far, days since the last one, orders of two quarters.
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

buyers as (
    select
        orders.customer_id,
        as_of.as_of_date,
        min(orders.ordered_on) as first_ordered_on,
        max(orders.ordered_on) as last_ordered_on,
        count(distinct orders.ordered_on) as order_days,
        sum(case when orders.ordered_on >= {{ add_days('as_of.as_of_date', -90) }} then 1 else 0 end) as recent_orders,
        sum(
            case
                when orders.ordered_on < {{ add_days('as_of.as_of_date', -180) }} then 0
                when orders.ordered_on < {{ add_days('as_of.as_of_date', -90) }} then 1
                else 0
            end
        ) as earlier_orders
    from orders
    cross join as_of
    group by orders.customer_id, as_of.as_of_date
),

-- All gaps of all buyers: what is usual for whoever has bought once.
base as (
    select
        {{ ratio("sum(" ~ days_between('first_ordered_on', 'last_ordered_on') ~ ")", 'sum(order_days - 1)') }}
            as usual_days
    from buyers
),

cadences as (
    select
        buyers.customer_id,
        cast(buyers.recent_orders as int) as recent_orders,
        cast(buyers.earlier_orders as int) as earlier_orders,
        cast({{ days_between('buyers.last_ordered_on', 'buyers.as_of_date') }} as int) as days_since_order,
        buyers.order_days > 1 as has_own_cadence,
        coalesce(
            {{ ratio(days_between('buyers.first_ordered_on', 'buyers.last_ordered_on'), 'buyers.order_days - 1') }},
            base.usual_days
        ) as cadence_days
    from buyers
    cross join base
)

select * from cadences
