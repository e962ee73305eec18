with customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test
),

orders as (
    select * from {{ ref('int_customer_orders') }}
),

recurring as (
    select * from {{ ref('int_recurring_revenue') }}
),

churn as (
    select
        max(case when basis = 'purchase' then churn_rate end) as purchase_churn_rate,
        max(case when basis = 'subscription' then churn_rate end) as subscription_churn_rate
    from {{ ref('int_base_churn') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

prospects as (
    select * from {{ ref('int_customer_prospects') }}
),

measured as (
    select
        customers.customer_id,
        coalesce(orders.orders, 0) as orders,
        coalesce(orders.net_revenue, cast(0 as decimal(18, 4))) as net_revenue,
        coalesce(recurring.recurring_revenue, cast(0 as decimal(18, 4))) as recurring_revenue,
        coalesce(recurring.mrr, cast(0 as decimal(18, 4))) as mrr,
        cast(
            coalesce(orders.net_revenue - orders.cost, 0) + coalesce(recurring.recurring_revenue, 0) as decimal(18, 4)
        ) as net_margin,
        {{ ratio('orders.net_order_value', 'orders.orders') }} as average_order_value,
        -- orders a year since the first one; less than a year counts as one
        {{ ratio('orders.orders * 365', 'case
            when ' ~ days_between('orders.first_ordered_on', 'as_of.as_of_date') ~ ' > 365
                then ' ~ days_between('orders.first_ordered_on', 'as_of.as_of_date') ~ '
            else 365
        end') }} as purchase_frequency,
        -- years: 1 / monthly churn / 12
        {{ ratio(ratio('1', 'churn.purchase_churn_rate'), '12') }} as customer_lifespan,
        {{ ratio('recurring.mrr', 'churn.subscription_churn_rate') }} as clv_arpa,
        cast(prospects.clv_12m as {{ type_double() }}) as clv_predicted_12m
    from customers
    cross join as_of
    cross join churn
    left join orders on customers.customer_id = orders.customer_id
    left join recurring on customers.customer_id = recurring.customer_id
    left join prospects on customers.customer_id = prospects.customer_id
),

ranked as (
    select
        *,
        rank() over (order by net_margin desc nulls last) as value_rank,
        count(*) over () as customers
    from measured
),

valued as (
    select
        -- ids
        customer_id,

        -- counts
        orders,
        cast(floor({{ ratio('(value_rank - 1) * 10', 'customers') }}) + 1 as int) as value_decile,

        -- money so far
        net_revenue,
        recurring_revenue,
        mrr,
        net_margin,
        net_margin as clv_to_date,

        -- textbook
        average_order_value,
        purchase_frequency,
        customer_lifespan,
        average_order_value * purchase_frequency * customer_lifespan as clv_formula,
        clv_arpa,

        -- forecast
        clv_predicted_12m
    from ranked
)

select * from valued
