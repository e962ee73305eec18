-- Today's forecast of each customer, both bases together; of the chance of leaving that of the basis where more is at
-- risk.
with forecasts as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by
                p_churn_90d * coalesce(expected_margin_365d, 0) desc nulls last,
                p_churn_90d desc nulls last,
                basis asc nulls last
        ) as place
    from {{ ref('int_todays_forecasts') }}
),

customers as (
    select
        customer_id,
        max(case when place = 1 then forecast_status end) as forecast_status,
        max(case when place = 1 then basis end) as risk_basis,
        max(case when place = 1 then p_churn_90d end) as churn_probability,
        max(p_buy_30d) as p_buy_30d,
        max(p_buy_90d) as p_buy_90d,
        {% for figure in ['expected_margin_90d', 'expected_margin_365d', 'clv_12m'] %}
        cast(sum(cast({{ figure }} as decimal(18, 4))) as decimal(18, 4)) as {{ figure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from forecasts
    group by customer_id
)

select * from customers
