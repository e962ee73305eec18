-- What the goods of each order cost, in the reporting currency of the order's day.
{{ config(**replace_slices({'order_id': 'int_changed_orders'})) }}
with item_costs as (
    select * from {{ ref('int_item_costs') }}
),

costs as (
    select
        order_id,
        cast(sum(cost) as decimal(18, 4)) as cost,
        min(case when is_known then 1 else 0 end) = 1 as has_known_cost
    from item_costs
    group by order_id
)

select * from costs
