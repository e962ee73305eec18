{# What int_customer_signal_days counts and engagement_by_period adds up: whole numbers, and the sum of sentiments. #}
{% macro signal_measures() -%}
{{ return([
    'visits', 'timed_visits', 'visit_seconds',
    'emails_delivered', 'emails_opened_at_all', 'emails_opened', 'emails_clicked', 'unsubscribes',
    'social_interactions', 'community_interactions', 'rated_interactions', 'sentiment',
]) }}
{%- endmacro %}

{# The type of such a sum. #}
{% macro signal_type(measure) -%}
{{ return('decimal(18, 4)' if measure == 'sentiment' else 'bigint') }}
{%- endmacro %}
