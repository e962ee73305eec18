with lots as (
    select * from {{ ref('int_loyalty_lots') }}
),

accounts as (
    select * from {{ ref('int_loyalty_accounts') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

judged as (
    select
        lots.*,
        accounts.is_test,
        coalesce(lots.expires_on < as_of.as_of_date, false) as is_expired
    from lots
    cross join as_of
    inner join accounts on lots.account_id = accounts.account_id
),

valued as (
    select
        -- ids
        lot_id,
        account_id,
        customer_id,
        programme_id,
        order_id,

        -- text
        entry_type,
        partner,

        -- numbers
        points,
        redeemed_points,
        cast(expired_points + case when is_expired then left_points else 0 end as decimal(18, 4)) as expired_points,
        adjusted_points,
        cast(case when is_expired then 0 else left_points end as decimal(18, 4)) as outstanding_points,

        -- flags
        is_test,

        -- times
        earned_on,
        expires_on,
        case
            when left_points > 0 and is_expired then expires_on
            when left_points <> 0 then null
            when last_taken_on > earned_on and (undone_on is null or last_taken_on >= undone_on) then last_taken_on
            when undone_on > earned_on then undone_on
            else earned_on
        end as closed_on
    from judged
)

select * from valued
