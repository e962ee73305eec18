-- The sales channel of each customer's last valid order, with the days at whose first instant it was the last.
{% set slices = {'customer_id': 'int_resegmented_customers'} %}
{{ config(**replace_slices(slices)) }}
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
    {{ only(slices, word='and') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by customer_id, ordered_on order by order_number desc nulls last
        ) as orders_after_it
    from orders
),

channels as (
    select
        customer_id,
        coalesce(sales_channel, 'unknown') as sales_channel,
        {{ add_days('ordered_on', 1) }} as counts_from_on,
        coalesce(
            lead({{ add_days('ordered_on', 1) }}) over (partition by customer_id order by ordered_on nulls last),
            cast('9999-12-31' as date)
        ) as counts_until_on
    from numbered
    where orders_after_it = 1
)

select * from channels
