-- The signals of each customer by the order of the playbook, each as a sentence with its figures and the action to
-- take.
{% set amount = 'cast(signals.amount as ' ~ dbt.type_string() ~ ')' %}
{% set other = 'cast(signals.other_amount as ' ~ dbt.type_string() ~ ')' %}
{% set sentences = {
    'open_ticket': ["'ticket open for '", amount, "' days'"],
    'detractor': ["'NPS score '", amount, "' of 10, '", other, "' days ago'"],
    'dissatisfied': ["'CSAT score '", amount, "' of 5, '", other, "' days ago'"],
    'very_late': [amount, "' days since the last order, usual are '", other],
    'late': [amount, "' days since the last order, usual are '", other],
    'falling_frequency': [amount, "' orders in 90 days, '", other, "' in the 90 before'"],
    'price_rise': ["'price rose '", amount, "' days ago'"],
    'points_expiring': [amount, "' points expire, the first in '", other, "' days'"],
    'stopped_opening': ["'opened none of '", amount, "' e-mails in 90 days'"],
} %}
with signals as (
    select * from {{ ref('int_customer_signals') }}
),

playbook as (
    select * from {{ ref('playbook') }}
),

reasons as (
    select
        signals.customer_id,
        signals.signal_name,
        cast(playbook.risk_points as int) as risk_points,
        playbook.recommended_action,
        case signals.signal_name
            {% for signal_name, parts in sentences.items() %}
            when '{{ signal_name }}' then {{ dbt.concat(parts) }}
            {% endfor %}
        end as reason,
        cast(row_number() over (
            partition by signals.customer_id order by playbook.reason_order nulls last
        ) as int) as place
    from signals
    inner join playbook on signals.signal_name = playbook.signal_name
)

select * from reasons
