with totals as (
    select * from {{ ref('int_period_totals') }}
),

measured as (
    select
        *,
        {{ segment_rate('lost_customers', 'customers_at_start', 'customers_at_start') }} as churn_rate,
        {{ segment_rate('net_order_value', 'orders', 'buyers') }} as average_order_value,
        {{ segment_rate('orders', 'buyers', 'buyers') }} as purchase_frequency,
        {{ segment_rate('mrr_closing', 'closing_subscribers', 'closing_subscribers') }} as arpa
    from totals
),

valued as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        basis,

        -- counts
        customers_at_start,
        lost_customers,
        buyers,
        orders,
        closing_subscribers,

        -- money
        net_order_value,
        net_revenue,
        net_margin,
        mrr_closing as closing_mrr,

        -- rates
        churn_rate,
        average_order_value,
        purchase_frequency,
        {{ ratio('1', 'churn_rate') }} as customer_lifespan,
        {{ ratio('average_order_value * purchase_frequency', 'churn_rate') }} as clv_formula,
        arpa,
        {{ ratio('arpa', 'churn_rate') }} as clv_arpa
    from measured
)

select * from valued
