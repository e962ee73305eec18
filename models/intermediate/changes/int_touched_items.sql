-- Ids of order items that a delivery touches: judged anew, because rows of them have come or their order is touched.
with judged as (
    select order_item_id from {{ as_replaced('base_shop__order_items') }}
)

select * from judged
