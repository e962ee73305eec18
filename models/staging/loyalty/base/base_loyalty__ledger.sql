{{ config(**replace_keys('entry_id')) }}
with landed as (
    select * from {{ source('raw', 'loyalty_ledger') }}
    {{ only_touched('loyalty_ledger', {'account_id': 'int_touched_accounts'}) }}
),

{{ typed_rows('loyalty_ledger') }},

known_accounts as (
    select * from {{ ref('int_known_accounts') }}
),

judged as (
    select
        typed.*,
        {{ judgement('loyalty_ledger', references={'account_id': 'known_accounts'}) }}
    from typed
    left join known_accounts on typed.account_id = known_accounts.account_id
),

{{ row_verdicts('loyalty_ledger') }}

select * from verdicts
