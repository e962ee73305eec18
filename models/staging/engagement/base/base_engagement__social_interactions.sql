{{ config(**replace_keys('interaction_id')) }}
with landed as (
    select * from {{ source('raw', 'engagement_social_interactions') }}
    {{ only_touched('engagement_social_interactions', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('engagement_social_interactions') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('engagement_social_interactions', references={'customer_id': 'known_customers'}) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('engagement_social_interactions') }}

select * from verdicts
