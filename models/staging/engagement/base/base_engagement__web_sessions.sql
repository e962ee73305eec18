{{ config(**replace_keys('session_id')) }}
with landed as (
    select * from {{ source('raw', 'engagement_web_sessions') }}
    {{ only_touched('engagement_web_sessions', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('engagement_web_sessions') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('engagement_web_sessions', references={'customer_id': 'known_customers'}, rules=[
            ('end_before_start', 'ended_at', 'ended_at < started_at')
        ]) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('engagement_web_sessions') }}

select * from verdicts
