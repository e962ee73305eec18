{{ config(**replace_keys('outreach_id')) }}
with landed as (
    select * from {{ source('raw', 'marketing_outreach') }}
    {{ only_touched('marketing_outreach', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('marketing_outreach') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('marketing_outreach', references={'customer_id': 'known_customers'}) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('marketing_outreach') }}

select * from verdicts
