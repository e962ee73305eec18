-- Orders that count, with what came back and what they cost.
create temp table orders as
with latest as (
    select *
    from (
        select *, row_number() over (
            partition by order_id order by instant(updated_at) desc nulls last, file_row_number desc
        ) as version
        from read_parquet('{raw}/shop_orders.parquet', file_row_number = true)
    )
    where version = 1 and coalesce(is_deleted, 'false') <> 'true'
)

select
    latest.order_id,
    business_day(latest.ordered_at) as ordered_on,
    coalesce(latest.currency, 'USD') as currency,
    rates.rate,
    coalesce(people.person_id, owners.person_id, lower(trim(latest.guest_email))) as person_id,
    money(latest.gross_amount, rates.rate) as gross,
    money(coalesce(latest.discount_amount, '0'), rates.rate) as discount,
    latest.status in ('paid', 'fulfilled') and coalesce(latest.is_test, 'false') <> 'true' as may_count
from latest
inner join rates on business_day(latest.ordered_at) = rates.day and coalesce(latest.currency, 'USD') = rates.currency
left join people on latest.customer_id = people.record_id
left join owners on latest.customer_id is null and lower(trim(latest.guest_email)) = owners.email;

create temp table refunds as
select
    raw.order_id,
    coalesce(orders.person_id, people.person_id) as person_id,
    business_day(raw.refunded_at) as refunded_on,
    money(raw.amount, rates.rate) as amount,
    case when raw.currency = orders.currency then money(raw.amount, orders.rate) else money(raw.amount, rates.rate) end
        as amount_off_order
from '{raw}/shop_refunds.parquet' as raw
inner join rates on business_day(raw.refunded_at) = rates.day and coalesce(raw.currency, 'USD') = rates.currency
left join orders on raw.order_id = orders.order_id
left join people on raw.customer_id = people.record_id
where business_day(raw.refunded_at) < date '{as_of}';

create temp table costs as
select
    items.order_id,
    sum(
        case
            when items.unit_cost is not null
                then money(round(cast(items.quantity as decimal(19, 4)) * cast(items.unit_cost as decimal(18, 4)), 4), orders.rate)
            when products.unit_cost is not null
                then money(round(cast(items.quantity as decimal(19, 4)) * cast(products.unit_cost as decimal(18, 4)), 4), rates.rate)
            else 0
        end
    ) as cost
from (
    select * from '{raw}/shop_order_items.parquet' where coalesce(is_deleted, 'false') <> 'true'
) as items
inner join orders using (order_id)
left join (
    select product_id, unit_cost, coalesce(currency, 'USD') as currency
    from (
        select *, row_number() over (
            partition by product_id order by instant(updated_at) desc nulls last, file_row_number desc
        ) as version
        from read_parquet('{raw}/shop_products.parquet', file_row_number = true)
    )
    where version = 1 and coalesce(is_deleted, 'false') <> 'true'
) as products using (product_id)
left join rates on products.currency = rates.currency and orders.ordered_on = rates.day
group by items.order_id;

create temp table valid_orders as
with refunded as (
    select order_id, sum(amount_off_order) as refunded from refunds where order_id is not null group by order_id
)

select
    orders.order_id,
    orders.person_id,
    orders.ordered_on,
    orders.gross - orders.discount as net,
    orders.gross - orders.discount - coalesce(refunded.refunded, 0) as kept,
    coalesce(costs.cost, 0) as cost
from orders
left join refunded using (order_id)
left join costs using (order_id)
where
    orders.may_count and orders.gross >= 0.01 and orders.ordered_on < date '{as_of}'
    and not coalesce(refunded.refunded > 0 and refunded.refunded >= orders.gross - orders.discount, false)
    and orders.person_id is not null and orders.person_id not in (select person_id from tests);

create temp table counted_refunds as
select refunds.*, valid_orders.ordered_on
from refunds
left join valid_orders using (order_id)
where
    refunds.person_id is not null and refunds.person_id not in (select person_id from tests)
    and (refunds.order_id is null or valid_orders.order_id is not null);
