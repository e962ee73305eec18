-- The first instants of periods at which customers are cut by attributes. Periods that ended before anything was known
-- of a customer have none. A table of its own: whoever joins it knows how many there are, and plans by that.
with versions as (
    select * from {{ ref('int_customer_versions') }}
),

value_days as (
    select * from {{ ref('int_value_days') }}
),

starts as (
    select
        period_start,
        max(period_end) as latest_end
    from {{ ref('dim_periods') }}
    group by period_start
),

first_days as (
    select
        customer_id,
        {{ business_day('changed_at') }} as known_on
    from versions
    where version_number = 1

    union all

    select
        customer_id,
        min(happened_on) as known_on
    from value_days
    group by customer_id
),

known as (
    select
        customer_id,
        min(known_on) as known_on
    from first_days
    group by customer_id
),

period_starts as (
    select
        known.customer_id,
        starts.period_start
    from known
    inner join starts on known.known_on < starts.latest_end
)

select * from period_starts
