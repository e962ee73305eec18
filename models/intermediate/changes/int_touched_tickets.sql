-- Ids of support tickets that a delivery touches: judged anew, because rows of them or of their customer record have
-- come.
with judged as (
    select ticket_id from {{ as_replaced('base_support__tickets') }}
)

select * from judged
