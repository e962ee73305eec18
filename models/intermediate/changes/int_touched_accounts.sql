-- Ids of loyalty accounts that a delivery touches: judged anew, because rows of them or of their customer record have
-- come.
with judged as (
    select account_id from {{ as_replaced('base_loyalty__accounts') }}
)

select * from judged
