{{ config(**replace_keys('invitation_id')) }}
with landed as (
    select * from {{ source('raw', 'voice_survey_invitations') }}
    {{ only_touched('voice_survey_invitations', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('voice_survey_invitations') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('voice_survey_invitations', references={'customer_id': 'known_customers'}) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('voice_survey_invitations') }}

select * from verdicts
