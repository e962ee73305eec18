-- Ids of social interactions that a delivery touches: judged anew, because rows of them or of their customer record
-- have come.
with judged as (
    select interaction_id from {{ as_replaced('base_engagement__social_interactions') }}
)

select * from judged
