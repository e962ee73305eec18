{% set judged_tables = [
    ('crm_customers', ref('base_crm__customers')),
    ('crm_customer_links', ref('base_crm__customer_links')),
    ('crm_erasure_requests', ref('base_crm__erasure_requests')),
    ('shop_products', ref('base_shop__products')),
    ('shop_orders', ref('base_shop__orders')),
    ('shop_order_items', ref('base_shop__order_items')),
    ('shop_refunds', ref('base_shop__refunds')),
    ('shop_promotions', ref('base_shop__promotions')),
    ('shop_promotion_exposures', ref('base_shop__promotion_exposures')),
    ('billing_plans', ref('base_billing__plans')),
    ('billing_subscription_terms', ref('base_billing__subscription_terms')),
    ('billing_cancellations', ref('base_billing__cancellations')),
    ('loyalty_programmes', ref('base_loyalty__programmes')),
    ('loyalty_accounts', ref('base_loyalty__accounts')),
    ('loyalty_tier_changes', ref('base_loyalty__tier_changes')),
    ('loyalty_ledger', ref('base_loyalty__ledger')),
    ('voice_survey_invitations', ref('base_voice__survey_invitations')),
    ('voice_survey_responses', ref('base_voice__survey_responses')),
    ('voice_product_reviews', ref('base_voice__product_reviews')),
    ('support_tickets', ref('base_support__tickets')),
    ('engagement_email_events', ref('base_engagement__email_events')),
    ('engagement_web_sessions', ref('base_engagement__web_sessions')),
    ('engagement_social_interactions', ref('base_engagement__social_interactions')),
    ('marketing_spend', ref('base_marketing__spend')),
    ('marketing_referrals', ref('base_marketing__referrals')),
    ('marketing_outreach', ref('base_marketing__outreach')),
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
