-- How often each buyer bought, as each forecast sees it: days between order days so far, days since the last one,
-- orders of two quarters.
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
),

order_days as (
    select
        customer_id,
        ordered_on,
        count(*) as orders
    from orders
    group by customer_id, ordered_on
),

days as (
    select * from {{ ref('int_forecast_days') }}
),

buyers as (
    select
        days.forecast_on,
        order_days.customer_id,
        min(order_days.ordered_on) as first_ordered_on,
        max(order_days.ordered_on) as last_ordered_on,
        count(*) as order_days,
        sum(
            case when order_days.ordered_on >= {{ add_days('days.forecast_on', -90) }} then order_days.orders else 0 end
        ) as recent_orders,
        sum(
            case
                when order_days.ordered_on < {{ add_days('days.forecast_on', -180) }} then 0
                when order_days.ordered_on < {{ add_days('days.forecast_on', -90) }} then order_days.orders
                else 0
            end
        ) as earlier_orders
    from order_days
    inner join days on order_days.ordered_on < days.forecast_on
    group by days.forecast_on, order_days.customer_id
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
        coalesce(
            {{ ratio(days_between('buyers.first_ordered_on', 'buyers.last_ordered_on'), 'buyers.order_days - 1') }},
            base.usual_days
        ) as cadence_days,
        base.usual_days
    from buyers
    inner join base on buyers.forecast_on = base.forecast_on
)

select * from cadences
