-- Customers of whom points lapsed or a membership ended because the as-of date moved on. Where it moved back, everybody
-- is restated anyway.
with lots as (
    select * from {{ ref('int_loyalty_lots') }}
),

accounts as (
    select * from {{ ref('int_loyalty_accounts') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

earlier as (
    select * from {{ as_last_built('int_as_of') }}
),

moved as (
    select
        earlier.as_of_date as first_on,
        as_of.as_of_date as until_on
    from as_of
    cross join earlier
),

ends as (
    select
        customer_id,
        expires_on as ended_on
    from lots
    where left_points > 0

    union all

    select
        customer_id,
        left_on as ended_on
    from accounts
),

expiring as (
    select distinct ends.customer_id
    from ends
    inner join moved on ends.ended_on >= moved.first_on and ends.ended_on < moved.until_on
)

select * from expiring
