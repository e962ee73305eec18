with landed as (
    select * from {{ source('raw', 'finance_exchange_rates') }}
),

{{ typed_rows('finance_exchange_rates') }},

judged as (
    select
        typed.*,
        {{ judgement('finance_exchange_rates') }}
    from typed
),

{{ row_verdicts('finance_exchange_rates') }}

select * from verdicts
