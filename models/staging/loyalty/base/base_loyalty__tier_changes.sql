{{ config(**replace_keys('account_id')) }}
with landed as (
    select * from {{ source('raw', 'loyalty_tier_changes') }}
    {{ only_touched('loyalty_tier_changes', {'account_id': 'int_touched_accounts'}) }}
),

{{ typed_rows('loyalty_tier_changes') }},

known_accounts as (
    select * from {{ ref('int_known_accounts') }}
),

judged as (
    select
        typed.*,
        {{ judgement('loyalty_tier_changes', references={'account_id': 'known_accounts'}) }}
    from typed
    left join known_accounts on typed.account_id = known_accounts.account_id
),

{{ row_verdicts('loyalty_tier_changes') }}

select * from verdicts
