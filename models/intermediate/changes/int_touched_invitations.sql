-- Ids of survey invitations that a delivery touches: of which rows have come, or whose customer record is touched.
with invitations as (
    select * from {{ ref('base_voice__survey_invitations') }}
),

new_invitations as (
    select * from invitations
    where {{ is_new('voice_survey_invitations') }}
),

records as (
    select * from {{ ref('int_touched_records') }}
),

touched as (
    select invitation_id from new_invitations

    union

    select invitations.invitation_id
    from invitations
    inner join records on invitations.customer_id = records.customer_id
),

named as (
    select * from touched
    where invitation_id is not null
)

select * from named
