-- What moves a customer's chance of leaving adds up to its log-odds.
with forecasts as (
    select * from {{ ref('int_todays_forecasts') }}
    where forecast_status in ('fitted', 'fallback') and p_churn_90d > 0 and p_churn_90d < 1
),

today as (
    select * from {{ ref('int_forecast_days') }}
    where weeks_ago = 0
),

summed as (
    select
        contributions.customer_id,
        contributions.basis,
        sum(cast(contributions.contribution as decimal(28, 12))) as log_odds
    from {{ source('forecasts', 'forecast_contributions') }} as contributions
    inner join today on contributions.forecast_on = today.forecast_on
    group by contributions.customer_id, contributions.basis
),

compared as (
    select
        forecasts.customer_id,
        forecasts.basis,
        forecasts.p_churn_90d,
        summed.log_odds,
        ln(forecasts.p_churn_90d) - ln(1 - forecasts.p_churn_90d) as expected_log_odds
    from forecasts
    left join summed on forecasts.customer_id = summed.customer_id and forecasts.basis = summed.basis
)

select * from compared
where log_odds is null or abs(log_odds - expected_log_odds) > 0.000001
