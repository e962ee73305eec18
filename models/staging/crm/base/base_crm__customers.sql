{{ config(**replace_keys('customer_id')) }}
with landed as (
    select * from {{ source('raw', 'crm_customers') }}
    {{ only_touched('crm_customers') }}
),

{{ typed_rows('crm_customers') }},

judged as (
    select
        typed.*,
        {{ judgement('crm_customers') }}
    from typed
),

{{ row_verdicts('crm_customers') }}

select * from verdicts
