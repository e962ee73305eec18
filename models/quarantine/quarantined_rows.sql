{% set judged_tables = [
    ('crm_customers', ref('base_crm__customers')),
    ('crm_customer_links', ref('base_crm__customer_links')),
    ('crm_erasure_requests', ref('base_crm__erasure_requests')),
    ('shop_products', ref('base_shop__products')),
    ('shop_orders', ref('base_shop__orders')),
    ('shop_order_items', ref('base_shop__order_items')),
    ('shop_refunds', ref('base_shop__refunds')),
    ('billing_plans', ref('base_billing__plans')),
    ('billing_subscription_terms', ref('base_billing__subscription_terms')),
    ('billing_cancellations', ref('base_billing__cancellations')),
    ('voice_survey_invitations', ref('base_voice__survey_invitations')),
    ('voice_survey_responses', ref('base_voice__survey_responses')),
    ('voice_product_reviews', ref('base_voice__product_reviews')),
    ('finance_exchange_rates', ref('base_finance__exchange_rates')),
] %}

with quarantined as (
    {% for raw_table, judged in judged_tables %}
    select
        '{{ raw_table }}' as raw_table,
        _fault_reason as reason,
        _fault_column as column_name,
        _fault_text as column_text,
        _source_file as source_file,
        _source_line as source_line,
        _batch_id as batch_id,
        _loaded_at as loaded_at
    from {{ judged }}
    where _verdict = 'quarantined'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from quarantined
