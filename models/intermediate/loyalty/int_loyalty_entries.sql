-- Each entry of the points ledger with what it does: a positive one is a lot, a negative one takes points off. What a
-- reversal takes off its own order's lots is settled here: such points count as never earned. The rest goes by FIFO.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with ledger as (
    select * from {{ ref('stg_loyalty__ledger') }}
    where points <> 0
),

accounts as (
    select * from {{ ref('int_loyalty_accounts') }}
    {{ only(slices) }}
),

owned as (
    select
        accounts.customer_id,
        accounts.programme_id,
        ledger.*,
        case
            when ledger.points > 0 and ledger.entry_type = 'earn' then 'earned'
            when ledger.points < 0 and ledger.entry_type = 'redeem' then 'redeemed'
            when ledger.points < 0 and ledger.entry_type = 'expire' then 'expired'
            else 'adjusted'
        end as kind,
        case
            when ledger.order_id is not null and ledger.points > 0 then ledger.points
            else cast(0 as decimal(18, 4))
        end as lot_of_order,
        case
            when ledger.order_id is not null and ledger.points < 0 and ledger.entry_type in ('reversal', 'earn')
                then -ledger.points
            else cast(0 as decimal(18, 4))
        end as undone_of_order
    from ledger
    inner join accounts on ledger.account_id = accounts.account_id
),

-- What an order earned is undone before what was given back for it.
added_up as (
    select
        *,
        sum(lot_of_order) over (partition by account_id, order_id) as lots,
        sum(undone_of_order) over (partition by account_id, order_id) as undone,
        sum(lot_of_order) over (
            partition by account_id, order_id
            order by case when kind = 'earned' then 0 else 1 end nulls last, occurred_at nulls last, entry_id nulls last
            rows unbounded preceding
        ) - lot_of_order as lots_before,
        sum(undone_of_order) over (
            partition by account_id, order_id order by occurred_at nulls last, entry_id nulls last
            rows unbounded preceding
        ) - undone_of_order as undone_before,
        max(case when undone_of_order > 0 then {{ business_day('occurred_at') }} end) over (
            partition by account_id, order_id
        ) as undone_on
    from owned
),

-- Lots of an order and what undoes them lie on one scale: what they share is settled.
settled as (
    select
        *,
        case
            when lot_of_order > 0 and undone <= lots_before then 0
            when lot_of_order > 0 and undone < lots_before + lot_of_order then undone - lots_before
            when undone_of_order > 0 and lots <= undone_before then 0
            when undone_of_order > 0 and lots < undone_before + undone_of_order then lots - undone_before
            else lot_of_order + undone_of_order
        end as settled_points
    from added_up
),

typed as (
    select
        -- ids
        entry_id,
        account_id,
        customer_id,
        programme_id,
        order_id,

        -- text
        entry_type,
        kind,
        partner,
        reward,

        -- numbers
        points,
        cast(settled_points as decimal(18, 4)) as settled_points,
        cast(case when points > 0 then points - settled_points else 0 end as decimal(18, 4)) as lot_points,
        cast(case when points < 0 then -points - settled_points else 0 end as decimal(18, 4)) as queued_points,

        -- times
        {{ business_day('occurred_at') }} as occurred_on,
        case when settled_points > 0 then undone_on end as undone_on,
        occurred_at,
        case when expires_at < occurred_at then occurred_at else expires_at end as expires_at
    from settled
)

select * from typed
