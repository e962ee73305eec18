-- Invitation ids that survey responses may point to.
with invitations as (
    select * from {{ ref('base_voice__survey_invitations') }}
),

{{ known_ids('invitation_id', from='invitations') }}

select * from known
