{{ config(**replace_keys('term_id')) }}
with landed as (
    select * from {{ source('raw', 'billing_subscription_terms') }}
    {{ only_touched('billing_subscription_terms', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('billing_subscription_terms') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('billing_subscription_terms', references={'customer_id': 'known_customers'}, rules=[
            ('end_before_start', 'ended_at', 'ended_at < started_at')
        ]) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('billing_subscription_terms') }}

select * from verdicts
