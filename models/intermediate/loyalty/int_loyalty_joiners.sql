-- Customers who joined a loyalty programme for the first time, with what they bought in equally long windows before and
-- after. The day of joining is in neither: many join at the till, and that order is the occasion, not the effect. Only
-- those who had been customers for the whole window before, and of whom the whole window after is seen.
{% set days = var('loyalty_comparison_days') | int %}
with accounts as (
    select
        customer_id,
        min(joined_on) as joined_on
    from {{ ref('int_loyalty_accounts') }}
    where not is_test
    group by customer_id
),

starts as (
    select * from {{ ref('int_customer_starts') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

compared as (
    select
        accounts.customer_id,
        accounts.joined_on,
        {{ add_days('accounts.joined_on', -days) }} as before_from_on,
        {{ add_days('accounts.joined_on', days) }} as after_last_on
    from accounts
    inner join starts on accounts.customer_id = starts.customer_id
    cross join as_of
    where
        starts.started_on <= {{ add_days('accounts.joined_on', -days) }}
        and {{ add_days('accounts.joined_on', days) }} < as_of.as_of_date
),

joiners as (
    select
        compared.customer_id,
        compared.joined_on,
        cast(sum(case when orders.ordered_on < compared.joined_on then 1 else 0 end) as int) as orders_before,
        cast(sum(case when orders.ordered_on > compared.joined_on then 1 else 0 end) as int) as orders_after,
        cast(
            sum(case when orders.ordered_on < compared.joined_on then orders.net_order_value else 0 end)
            as decimal(18, 4)
        ) as value_before,
        cast(
            sum(case when orders.ordered_on > compared.joined_on then orders.net_order_value else 0 end)
            as decimal(18, 4)
        ) as value_after
    from compared
    left join orders
        on
            compared.customer_id = orders.customer_id
            and compared.before_from_on <= orders.ordered_on
            and compared.after_last_on >= orders.ordered_on
    group by compared.customer_id, compared.joined_on
)

select * from joiners
