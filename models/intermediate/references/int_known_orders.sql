-- Order ids that items and refunds may point to.
{% set slices = {'order_id': 'int_touched_orders'} %}
{{ config(**replace_slices(slices)) }}
with orders as (
    select * from {{ ref('base_shop__orders') }}
    {{ only(slices) }}
),

{{ known_ids('order_id', from='orders') }}

select * from known
