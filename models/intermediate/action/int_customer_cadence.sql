-- How often each buyer bought, as each forecast sees it: days between order days so far, days since the last one,
-- orders of two quarters.
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
),

days as (
    select * from {{ ref('int_forecast_days') }}
),

buyers as (
    select
        days.forecast_on,
        orders.customer_id,
        min(orders.ordered_on) as first_ordered_on,
        max(orders.ordered_on) as last_ordered_on,
        count(distinct orders.ordered_on) as order_days,
        sum(case when orders.ordered_on >= {{ add_days('days.forecast_on', -90) }} then 1 else 0 end) as recent_orders,
        sum(
            case
                when orders.ordered_on < {{ add_days('days.forecast_on', -180) }} then 0
                when orders.ordered_on < {{ add_days('days.forecast_on', -90) }} then 1
                else 0
            end
        ) as earlier_orders
    from orders
    inner join days on orders.ordered_on < days.forecast_on
    group by days.forecast_on, orders.customer_id
),

-- All gaps of all buyers: what is usual, also for whoever has bought once.
base as (
    select
        forecast_on,
        {{ ratio("sum(" ~ days_between('first_ordered_on', 'last_ordered_on') ~ ")", 'sum(order_days - 1)') }}
            as usual_days
    from buyers
    group by forecast_on
),

cadences as (
    select
        buyers.forecast_on,
        buyers.customer_id,
        cast(buyers.recent_orders as int) as recent_orders,
        cast(buyers.earlier_orders as int) as earlier_orders,
        cast({{ days_between('buyers.last_ordered_on', 'buyers.forecast_on') }} as int) as days_since_order,
        buyers.order_days > 1 as has_own_cadence,
        coalesce(
            {{ ratio(days_between('buyers.first_ordered_on', 'buyers.last_ordered_on'), 'buyers.order_days - 1') }},
            base.usual_days
        ) as cadence_days,
        base.usual_days
    from buyers
    inner join base on buyers.forecast_on = base.forecast_on
)

select * from cadences
