{{ config(**replace_keys('response_id')) }}
with landed as (
    select * from {{ source('raw', 'voice_survey_responses') }}
    {{ only_touched('voice_survey_responses', {
        'customer_id': 'int_touched_records', 'invitation_id': 'int_touched_invitations'
    }, parent_of_all='base_voice__survey_invitations') }}
),

{{ typed_rows('voice_survey_responses') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

landed_invitations as (
    select * from {{ ref('base_voice__survey_invitations') }}
),

invitations as (
    select * from {{ ref('int_known_invitations') }}
),

-- A business that keeps no invitations may still deliver their ids.
known_invitations as (
    select * from invitations

    union all

    select distinct
        invitation_id,
        true as is_staged,
        false as is_deleted,
        false as is_unseen
    from typed
    where (select count(*) from landed_invitations) = 0
),

judged as (
    select
        typed.*,
        {{ judgement('voice_survey_responses', references={
            'customer_id': 'known_customers', 'invitation_id': 'known_invitations'
        }, rules=[
            ('out_of_scale', 'score', "score < case survey_type when 'nps' then 0 else 1 end"),
            ('out_of_scale', 'score', "score > case survey_type when 'nps' then 10 when 'csat' then 5 else 7 end")
        ]) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
    left join known_invitations on typed.invitation_id = known_invitations.invitation_id
),

{{ row_verdicts('voice_survey_responses') }}

select * from verdicts
