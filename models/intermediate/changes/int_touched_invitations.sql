-- Ids of survey invitations that a delivery touches: judged anew, because rows of them or of their customer record
-- have come.
with judged as (
    select invitation_id from {{ as_replaced('base_voice__survey_invitations') }}
)

select * from judged
