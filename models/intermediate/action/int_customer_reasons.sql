-- Today's signals of each customer, those first that move the chance of leaving most, each as a sentence with its
-- figures and the action to take. Where no forecast weighs them, the playbook orders them.
{% set amount = 'cast(signals.amount as ' ~ dbt.type_string() ~ ')' %}
{% set other = 'cast(signals.other_amount as ' ~ dbt.type_string() ~ ')' %}
{% set sentences = {
    'open_ticket': ["'ticket open for '", amount, "' days'"],
    'detractor': ["'NPS score '", amount, "' of 10, '", other, "' days ago'"],
    'dissatisfied': ["'CSAT score '", amount, "' of 5, '", other, "' days ago'"],
    'very_late': [amount, "' days since the last order, usual are '", other],
    'late': [amount, "' days since the last order, usual are '", other],
    'quiet': [amount, "' days without an order, lost after '", other, "' more'"],
    'seldom': ["'orders every '", amount, "' days, usual are '", other],
    'ordered_once': ["'the only order was '", amount, "' days ago'"],
    'falling_frequency': [amount, "' orders in 90 days, '", other, "' in the 90 before'"],
    'price_rise': ["'price rose '", amount, "' days ago'"],
    'points_expiring': [amount, "' points expire, the first in '", other, "' days'"],
    'stopped_opening': ["'opened none of '", amount, "' e-mails in 90 days'"],
    'fewer_visits': [amount, "' visits in 28 days, usual are '", other],
    'payment_failed': ["'a payment failed '", amount, "' days ago'"],
    'has_cancelled': ["'has cancelled, ends in '", amount, "' days'"],
} %}
with today as (
    select * from {{ ref('int_forecast_days') }}
    where weeks_ago = 0
),

signals as (
    select signals.*
    from {{ ref('int_customer_signals') }} as signals
    inner join today on signals.forecast_on = today.forecast_on
),

-- Of a customer on two bases the stronger of the two.
contributions as (
    select
        contributions.customer_id,
        contributions.signal_name,
        max(contributions.contribution) as contribution
    from {{ source('forecasts', 'forecast_contributions') }} as contributions
    inner join today on contributions.forecast_on = today.forecast_on
    inner join {{ ref('int_todays_forecasts') }} as todays_forecasts
        on
            contributions.customer_id = todays_forecasts.customer_id
            and contributions.basis = todays_forecasts.basis
            and todays_forecasts.forecast_status in ('fitted', 'fallback')
    group by contributions.customer_id, contributions.signal_name
),

playbook as (
    select * from {{ ref('playbook') }}
),

reasons as (
    select
        signals.customer_id,
        signals.signal_name,
        cast(playbook.risk_points as int) as risk_points,
        contributions.contribution,
        playbook.recommended_action,
        playbook.from_probability,
        case signals.signal_name
            {% for signal_name, parts in sentences.items() %}
            when '{{ signal_name }}' then {{ dbt.concat(parts) }}
            {% endfor %}
        end as reason,
        cast(row_number() over (
            partition by signals.customer_id
            order by coalesce(contributions.contribution, 0) desc nulls last, playbook.reason_order nulls last
        ) as int) as place
    from signals
    inner join playbook on signals.signal_name = playbook.signal_name
    left join contributions
        on signals.customer_id = contributions.customer_id and signals.signal_name = contributions.signal_name
)

select * from reasons
