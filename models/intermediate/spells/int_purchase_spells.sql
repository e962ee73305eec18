-- Stretches of valid orders no further apart than the churn days of the customer.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
    {{ only(slices, word='and') }}
),

customers as (
    select
        customer_id,
        {{ purchase_churn_days() }} as churn_days
    from {{ ref('dim_customers') }}
),

order_days as (
    select distinct
        orders.customer_id,
        orders.ordered_on,
        customers.churn_days
    from orders
    inner join customers on orders.customer_id = customers.customer_id
),

gaps as (
    select
        *,
        lag(ordered_on) over (partition by customer_id order by ordered_on nulls last) as previous_on
    from order_days
),

numbered as (
    select
        *,
        sum(case when previous_on is null or ordered_on > {{ add_days('previous_on', 'churn_days') }} then 1 else 0 end)
            over (partition by customer_id order by ordered_on nulls last rows unbounded preceding) as spell_number
    from gaps
),

spells as (
    select
        customer_id,
        cast(spell_number as int) as spell_number,
        min(ordered_on) as started_on,
        max(ordered_on) as last_active_on,
        max({{ add_days('ordered_on', 'churn_days') }}) as last_on
    from numbered
    group by customer_id, spell_number
)

select * from spells
