-- Order ids that items and refunds may point to.
with orders as (
    select * from {{ ref('base_shop__orders') }}
),

{{ known_ids('order_id', from='orders') }}

select * from known
