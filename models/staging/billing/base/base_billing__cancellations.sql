{{ config(**replace_keys('cancellation_id')) }}
with landed as (
    select * from {{ source('raw', 'billing_cancellations') }}
    {{ only_touched('billing_cancellations', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('billing_cancellations') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('billing_cancellations', references={'customer_id': 'known_customers'}) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('billing_cancellations') }}

select * from verdicts
