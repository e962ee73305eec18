-- Ids of survey responses that a delivery touches: judged anew, because rows of them have come, or their customer
-- record or invitation is touched.
with judged as (
    select response_id from {{ as_replaced('base_voice__survey_responses') }}
)

select * from judged
