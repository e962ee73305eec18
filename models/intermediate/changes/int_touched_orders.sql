-- Ids of orders that a delivery touches: judged anew, because rows of them or of their customer record have come.
with judged as (
    select order_id from {{ as_replaced('base_shop__orders') }}
)

select * from judged
