-- The newest forecasts that can be held against what came were right within the var forecast_calibration_limit. A base
-- of few customers proves nothing, and what came of a whole year says little of the models of today.
{{ config(severity='warn') }}
{% set fewest_customers = 500 %}
with accuracy as (
    select * from {{ ref('forecast_accuracy') }}
    where model_name = 'forecast' and horizon_days <= 90 and customers >= {{ fewest_customers }}
),

newest as (
    select
        basis,
        horizon_days,
        max(forecast_on) as forecast_on
    from accuracy
    group by basis, horizon_days
)

select accuracy.*
from accuracy
inner join newest
    on
        accuracy.basis = newest.basis
        and accuracy.horizon_days = newest.horizon_days
        and accuracy.forecast_on = newest.forecast_on
where not accuracy.is_calibrated
