-- What each customer brought in the 365 days before the as-of date: net margin of orders, and recurring revenue.
with value_days as (
    select * from {{ ref('int_value_days') }}
),

as_of as (
    select
        as_of_date,
        {{ add_days('as_of_date', -365) }} as since_on
    from {{ ref('int_as_of') }}
),

summed as (
    select
        value_days.customer_id,
        sum(case when value_days.happened_on >= as_of.since_on then value_days.net_margin else 0 end) as net_margin,
        sum(
            value_days.mrr_change
            * case
                when value_days.happened_on >= as_of.since_on
                    then {{ days_between('value_days.happened_on', 'as_of.as_of_date') }}
                else 365
            end
        ) as mrr_days
    from value_days
    cross join as_of
    group by value_days.customer_id
),

margins as (
    select
        customer_id,
        cast(net_margin + {{ earned('mrr_days') }} as decimal(18, 4)) as net_margin
    from summed
)

select * from margins
