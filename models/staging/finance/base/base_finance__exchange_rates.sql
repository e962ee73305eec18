with landed as (
    select * from {{ source('raw', 'finance_exchange_rates') }}
),

{{ typed_rows('finance_exchange_rates') }},

judged as (
    select
        typed.*,
        {{ first_fault('finance_exchange_rates') }} as _fault,
        {{ is_unseen('finance_exchange_rates') }} as _is_unseen
    from typed
),

{{ row_verdicts('finance_exchange_rates') }}

select * from verdicts
