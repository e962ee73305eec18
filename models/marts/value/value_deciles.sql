with customers as (
    select * from {{ ref('customer_lifetime_value') }}
),

summed as (
    select
        value_decile,
        cast(count(*) as bigint) as customers,
        cast(sum(orders) as bigint) as orders,
        cast(sum(clv_to_date) as decimal(18, 4)) as clv_to_date,
        cast(sum(cast(round(clv_predicted_12m, 4) as decimal(18, 4))) as decimal(18, 4)) as clv_predicted_12m
    from customers
    group by value_decile
),

shared as (
    select
        -- tenth
        value_decile,

        -- counts
        customers,
        orders,

        -- money
        clv_to_date,
        clv_predicted_12m,

        -- rates
        {{ ratio('customers', 'sum(customers) over ()') }} as share_of_customers,
        {{ ratio('clv_to_date', 'sum(clv_to_date) over ()') }} as share_of_clv_to_date,
        {{ ratio('clv_to_date', 'customers') }} as clv_to_date_per_customer,
        {{ ratio('clv_predicted_12m', 'customers') }} as clv_predicted_12m_per_customer
    from summed
)

select * from shared
