{# What segment_profiles adds up of fct_customer_periods, with the type of the sum. #}
{% macro profile_measures() -%}
{{ return({
    'orders': 'bigint', 'promo_orders': 'bigint', 'visits': 'bigint', 'emails_delivered': 'bigint',
    'emails_opened': 'bigint', 'emails_clicked': 'bigint', 'tickets': 'bigint', 'gross_amount': 'decimal(18, 4)',
    'discount_amount': 'decimal(18, 4)', 'net_order_value': 'decimal(18, 4)', 'net_revenue': 'decimal(18, 4)',
    'net_margin': 'decimal(18, 4)', 'points_redeemed': 'decimal(18, 4)',
}) }}
{%- endmacro %}
