{{ config(**replace_keys('event_id')) }}
with landed as (
    select * from {{ source('raw', 'engagement_email_events') }}
    {{ only_touched('engagement_email_events', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('engagement_email_events') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('engagement_email_events', references={'customer_id': 'known_customers'}) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('engagement_email_events') }}

select * from verdicts
