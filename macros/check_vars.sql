{#
    Vars become part of the SQL: before anything runs, each must be what it can mean, whichever way it was given. The
    form of each is a regular expression; of a list, that of its items. A new var gets its row here; as_of_date has a
    macro of its own.
#}
{% macro var_forms() -%}
{% set number, whole, flag = '[0-9]+([.][0-9]+)?(e-[0-9]+)?', '[0-9]+', 'True|False' %}
{% set name, zone = '[a-z][a-z0-9_]*', '[A-Za-z0-9_+/-]+' %}
{{ return({
    'snapshot_tables': name, 'feed_pause_days': whole, 'ended_feeds': '[A-Za-z0-9_ .:/-]+',
    'business_timezone': zone, 'raw_timezone': zone,
    'period_grains': 'week|month|quarter|year', 'reporting_currency': '[A-Z]{3}',
    'exchange_rate_jump_limit': number, 'unknown_cost_rate': number, 'purchase_churn_days': whole,
    'subscription_grace_days': whole, 'valid_order_statuses': '[A-Za-z0-9_ .-]+', 'valid_order_minimum_gross': number,
    'merge_on_shared_tokens': flag, 'erasure_past_totals': 'restate|keep_anonymous', 'churn_signal_days': whole,
    'churn_cancellation_days': whole, 'segments': name, 'minimum_group_size': whole, 'rfm_window_days': whole,
    'promotion_response_days': whole, 'loyalty_comparison_days': whole, 'loyalty_expiry_posting_days': whole,
    'outreach_holdout_share': number, 'outreach_response_days': whole, 'outreach_stay_days': whole,
    'forecast_discount_rate': number, 'forecast_calibration_limit': number, 'net_churn_counts_reactivation': flag,
}) }}
{%- endmacro %}

{# Stops the run where a var cannot mean anything. purchase_churn_days_by_segment, a mapping, is looked at by itself. #}
{% macro check_vars() -%}
{% if not execute %}{{ return('') }}{% endif %}
{% set wrong = [] %}
{% for name, form in var_forms().items() %}
    {% set given = var(name) %}
    {% set values = given if given is sequence and given is not string else ([] if given is none else [given]) %}
    {% for value in values if not modules.re.fullmatch(form, value | string) %}
        {% do wrong.append(name ~ ' is ' ~ tojson(value | string)) %}
    {% endfor %}
{% endfor %}
{% for attribute, values in (var('purchase_churn_days_by_segment') or {}).items() %}
    {% for value, days in values.items() if not modules.re.fullmatch('[a-z_]+', attribute | string)
        or not modules.re.fullmatch('[^\\\\\\x00-\\x1f]+', value | string) or not modules.re.fullmatch('[0-9]+', days | string) %}
        {% do wrong.append('purchase_churn_days_by_segment is ' ~ tojson({attribute | string: {value | string: days | string}})) %}
    {% endfor %}
{% endfor %}
{% if wrong %}
    {{ exceptions.raise_compiler_error('vars that cannot mean anything: ' ~ wrong | join('; ') ~ ': dbt_project.yml says what each may be') }}
{% endif %}
{{ return('') }}
{%- endmacro %}
