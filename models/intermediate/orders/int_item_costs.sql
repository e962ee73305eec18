-- What each order line cost, in the reporting currency of the order's day.
-- Order of knowledge: the line's own cost, the product's cost, the var unknown_cost_rate of the line's price.
with items as (
    select * from {{ ref('stg_shop__order_items') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
),

orders as (
    select * from {{ ref('int_order_amounts') }}
),

rates as (
    select * from {{ ref('int_exchange_rates') }}
),

product_costs as (
    select
        product_id,
        unit_cost,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency
    from products
    where unit_cost is not null
),

item_costs as (
    select
        items.order_item_id,
        items.order_id,
        orders.ordered_on,
        product_costs.currency as product_currency,
        items.unit_cost is not null or product_costs.unit_cost is not null as is_known,
        case
            when items.unit_cost is not null
                then {{ to_reporting('cast(round(cast(items.quantity as decimal(19, 4)) * items.unit_cost, 4) as decimal(18, 4))', 'orders.rate') }}
            when product_costs.unit_cost is not null
                then {{ to_reporting('cast(round(cast(items.quantity as decimal(19, 4)) * product_costs.unit_cost, 4) as decimal(18, 4))', 'rates.rate') }}
            else {{ to_reporting(
                'cast(round(cast(items.quantity as decimal(19, 4)) * items.unit_price * ' ~ var('unknown_cost_rate') ~ ', 4) as decimal(18, 4))', 'orders.rate') }}
        end as cost
    from items
    inner join orders on items.order_id = orders.order_id
    left join product_costs on items.product_id = product_costs.product_id
    left join rates
        on
            product_costs.currency = rates.currency
            and orders.ordered_on >= rates.counts_from_on
            and orders.ordered_on < rates.counts_until_on
)

select * from item_costs
