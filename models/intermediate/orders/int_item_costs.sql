-- What each order line cost, in the reporting currency of the order's day.
-- Order of knowledge: the line's own cost, the product's cost, the var unknown_cost_rate of the line's price.
-- A build that goes on from the last one works out the lines of changed orders alone.
with items as (
    select * from {{ ref('stg_shop__order_items') }}
    {{ only({'order_id': 'int_changed_orders'}) }}
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

-- The cost in the currency it is known in; decimal(19, 4) keeps the product exact on both engines.
priced as (
    select
        items.order_item_id,
        items.order_id,
        orders.ordered_on,
        orders.currency as order_currency,
        orders.rate as order_rate,
        case when items.unit_cost is null then product_costs.currency end as product_currency,
        items.unit_cost is not null or product_costs.unit_cost is not null as is_known,
        cast(
            round(
                cast(items.quantity as decimal(19, 4))
                * coalesce(items.unit_cost, product_costs.unit_cost, items.unit_price), 4
            ) as decimal(18, 4)
        ) as known_cost
    from items
    inner join orders on items.order_id = orders.order_id
    left join product_costs on items.product_id = product_costs.product_id
),

item_costs as (
    select
        priced.order_item_id,
        priced.order_id,
        priced.ordered_on,
        coalesce(priced.product_currency, priced.order_currency) as currency,
        priced.is_known,
        case
            when priced.product_currency is not null then {{ to_reporting('priced.known_cost', 'rates.rate') }}
            when priced.is_known then {{ to_reporting('priced.known_cost', 'priced.order_rate') }}
            else cast(
                round({{ to_reporting('priced.known_cost', 'priced.order_rate') }} * {{ var('unknown_cost_rate') }}, 4)
                as decimal(18, 4)
            )
        end as cost
    from priced
    left join rates
        on
            priced.product_currency = rates.currency
            and {{ counts_on('rates', 'priced.ordered_on') }}
)

select * from item_costs
