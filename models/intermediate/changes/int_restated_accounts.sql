-- Loyalty accounts of which a delivery may change anything: touched ones, and those that any version of a touched
-- ledger entry or tier change names.
with ledger as (
    select * from {{ ref('base_loyalty__ledger') }}
),

entries as (
    select entry_id from {{ as_replaced('base_loyalty__ledger') }}
),

restated as (
    select account_id from {{ ref('int_touched_accounts') }}

    union

    select account_id from {{ as_replaced('base_loyalty__tier_changes') }}

    union

    select ledger.account_id
    from ledger
    inner join entries on ledger.entry_id = entries.entry_id
),

named as (
    select * from restated
    where account_id is not null
)

select * from named
