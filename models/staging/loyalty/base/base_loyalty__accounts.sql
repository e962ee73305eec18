{{ config(**replace_keys('account_id')) }}
with landed as (
    select * from {{ source('raw', 'loyalty_accounts') }}
    {{ only_touched('loyalty_accounts', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('loyalty_accounts') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('loyalty_accounts', references={'customer_id': 'known_customers'}, rules=[
            ('end_before_start', 'left_at', 'left_at < joined_at')
        ]) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('loyalty_accounts') }}

select * from verdicts
