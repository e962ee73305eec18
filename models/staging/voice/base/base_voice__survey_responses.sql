with landed as (
    select * from {{ source('raw', 'voice_survey_responses') }}
),

{{ typed_rows('voice_survey_responses') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

known_invitations as (
    select * from {{ ref('int_known_invitations') }}
),

-- A business that keeps no invitations may still deliver their ids.
invitation_totals as (
    select count(*) as invitations from known_invitations
),

judged as (
    select
        typed.*,
        {{ first_fault('voice_survey_responses', references={
            'customer_id': 'known_customers.is_staged',
            'invitation_id': 'known_invitations.is_staged or invitation_totals.invitations = 0'
        }, rules=[
            ('out_of_scale', 'score', "score < case survey_type when 'nps' then 0 else 1 end"),
            ('out_of_scale', 'score', "score > case survey_type when 'nps' then 10 when 'csat' then 5 else 7 end")
        ]) }} as _fault,
        {{ is_unseen('voice_survey_responses', parents=[
            'known_customers.is_unseen', 'known_invitations.is_unseen'
        ]) }} as _is_unseen
    from typed
    cross join invitation_totals
    left join known_customers on typed.customer_id = known_customers.customer_id
    left join known_invitations on typed.invitation_id = known_invitations.invitation_id
),

{{ row_verdicts('voice_survey_responses') }}

select * from verdicts
