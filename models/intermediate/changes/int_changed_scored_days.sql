-- Days at which the scores of anybody may be others than at the last build: new ones, those that are none any more,
-- the as-of date, and all after the first day on which what a customer did is known otherwise.
with days as (
    select * from {{ ref('int_scored_days') }}
),

days_earlier as (
    select * from {{ as_last_built('int_scored_days') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

now as (
    select * from {{ ref('int_value_days') }}
    {{ only({'customer_id': 'int_restated_customers'}) }}
),

earlier as (
    select * from {{ as_replaced('int_value_days') }}
),

{{ differences(['customer_id', 'happened_on', 'ordered_on', 'orders', 'order_value', 'net_margin', 'mrr_change']) }},

first_difference as (
    select min(happened_on) as happened_on from differences
),

changed as (
    select days.scored_on
    from days
    left join days_earlier on days.scored_on = days_earlier.scored_on
    cross join as_of
    cross join first_difference
    where
        days_earlier.scored_on is null
        or days.scored_on = as_of.as_of_date
        or days.scored_on > first_difference.happened_on

    union

    select days_earlier.scored_on
    from days_earlier
    left join days on days_earlier.scored_on = days.scored_on
    where days.scored_on is null
)

select * from changed
