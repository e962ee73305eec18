{% set keys = ['forecast_on', 'basis', 'horizon_days', 'model_name'] %}
{% set is_event = '(case when actual > 0 then 1 else 0 end)' %}
{# Nine digits before the point: a wider product would lose digits after it on Spark. #}
{% set error = '(cast(expected - actual as decimal(18, 9)))' %}
{% set shared = ratio('actual_total * (first_tenth - customers_before)', 'customers') %}
{% set miss = '(cast(probability - ' ~ is_event ~ ' as decimal(18, 9)))' %}
with outcomes as (
    select * from {{ ref('int_forecast_outcomes') }}
),

-- Customers of whom the same was expected, and all of whom more was: customers alike share the end of a tenth.
alike as (
    select
        {{ keys | join(',\n        ') }},
        expected,
        sum(customers) as customers,
        sum(customers * actual) as actual_total
    from outcomes
    group by {{ keys | join(', ') }}, expected
),

placed as (
    select
        *,
        sum(customers) over (
            partition by {{ keys | join(', ') }} order by expected desc nulls last
            rows between unbounded preceding and current row
        ) - customers as customers_before,
        ceil({{ ratio('sum(customers) over (partition by ' ~ keys | join(', ') ~ ')', '10') }}) as first_tenth
    from alike
),

captured as (
    select
        {{ keys | join(',\n        ') }},
        sum(
            case
                when customers_before + customers <= first_tenth then cast(actual_total as decimal(26, 9))
                when customers_before < first_tenth
                    then cast(round({{ shared }}, 9) as decimal(26, 9))
                else 0
            end
        ) as actual_of_first_tenth
    from placed
    group by {{ keys | join(', ') }}
),

-- Ten bins of probability, each a tenth wide.
bins as (
    select
        {{ keys | join(',\n        ') }},
        case when probability >= 1 then 9 else cast(floor(probability * 10) as int) end as bin,
        sum(customers) as customers,
        sum(customers * expected) as expected_total,
        sum(customers * actual) as actual_total,
        sum(customers * abs{{ error }}) as absolute_errors,
        sum(customers * {{ square_of(error) }}) as squared_errors,
        sum(customers * {{ square_of(miss) }}) as squared_misses,
        abs(sum(customers * {{ miss }})) as bin_miss
    from outcomes
    group by {{ keys | join(', ') }}, case when probability >= 1 then 9 else cast(floor(probability * 10) as int) end
),

summed as (
    select
        {{ keys | join(',\n        ') }},
        cast(sum(customers) as bigint) as customers,
        sum(expected_total) as expected_total,
        cast(sum(actual_total) as bigint) as actual_total,
        sum(absolute_errors) as absolute_errors,
        sum(squared_errors) as squared_errors,
        sum(squared_misses) as squared_misses,
        sum(bin_miss) as misses
    from bins
    group by {{ keys | join(', ') }}
),

judged as (
    select
        -- what was forecast
        summed.forecast_on,
        cast(summed.horizon_days as int) as horizon_days,
        summed.basis,
        summed.model_name,

        -- counts
        summed.customers,
        cast(summed.expected_total as {{ type_double() }}) as expected_total,
        summed.actual_total,

        -- errors
        {{ ratio('summed.expected_total', 'summed.actual_total') }} as total_ratio,
        {{ ratio('summed.absolute_errors', 'summed.customers') }} as mean_absolute_error,
        sqrt({{ ratio('summed.squared_errors', 'summed.customers') }}) as root_mean_squared_error,
        {{ ratio('captured.actual_of_first_tenth', 'summed.actual_total') }} as decile_capture,
        {{ ratio('summed.squared_misses', 'summed.customers') }} as brier_score,
        {{ ratio('summed.misses', 'summed.customers') }} as calibration_error,

        -- flags
        {{ ratio('summed.misses', 'summed.customers') }} <= {{ var('forecast_calibration_limit') }} as is_calibrated
    from summed
    inner join captured
        on
            summed.forecast_on = captured.forecast_on
            and summed.basis = captured.basis
            and summed.horizon_days = captured.horizon_days
            and summed.model_name = captured.model_name
)

select * from judged
