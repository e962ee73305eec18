-- Recency, frequency and monetary value of each customer who bought inside the RFM window of a scored day, one row a
-- measure. A refund counts from the day on which it was known.
with value_days as (
    select * from {{ ref('int_value_days') }}
    where ordered_on is not null
),

days as (
    select
        scored_on,
        {{ add_days('scored_on', -(var('rfm_window_days') | int)) }} as window_start
    from {{ ref('int_scored_days') }}
    {{ only({'scored_on': 'int_changed_scored_days'}) }}
),

customers as (
    select
        value_days.customer_id,
        days.scored_on,
        max(value_days.ordered_on) as last_ordered_on,
        sum(value_days.orders) as orders,
        sum(value_days.order_value) as order_value
    from value_days
    inner join days
        on
            value_days.happened_on < days.scored_on
            and value_days.ordered_on < days.scored_on
            and value_days.ordered_on >= days.window_start
    group by value_days.customer_id, days.scored_on
    having sum(value_days.orders) > 0
),

measures as (
    select
        customer_id,
        scored_on,
        'recency' as measure,
        cast({{ days_between('last_ordered_on', 'scored_on') }} as decimal(18, 4)) as value
    from customers

    union all

    select
        customer_id,
        scored_on,
        'frequency' as measure,
        cast(orders as decimal(18, 4)) as value
    from customers

    union all

    select
        customer_id,
        scored_on,
        'monetary' as measure,
        cast(order_value as decimal(18, 4)) as value
    from customers
)

select * from measures
