-- Customers of whom points lapsed, or a membership or a tier began or ended, because the as-of date moved on. Where it
-- moved back, everybody is restated anyway.
with lots as (
    select * from {{ ref('int_loyalty_lots') }}
),

accounts as (
    select * from {{ ref('int_loyalty_accounts') }}
),

tier_changes as (
    select * from {{ ref('stg_loyalty__tier_changes') }}
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

turns as (
    select
        customer_id,
        expires_on as turned_on
    from lots
    where left_points > 0

    union all

    select
        customer_id,
        left_on as turned_on
    from accounts

    union all

    select
        customer_id,
        joined_on as turned_on
    from accounts

    union all

    select
        accounts.customer_id,
        {{ business_day('tier_changes.changed_at') }} as turned_on
    from tier_changes
    inner join accounts on tier_changes.account_id = accounts.account_id
),

turned as (
    select distinct turns.customer_id
    from turns
    inner join moved on turns.turned_on >= moved.first_on and turns.turned_on < moved.until_on
)

select * from turned
