-- Rows of each raw table, counted where they are: landed, judged, staged, quarantined.
{% set raw_tables = [
    ('crm_customers', source('raw', 'crm_customers'), ref('base_crm__customers'), ref('stg_crm__customers')),
    ('crm_customer_links', source('raw', 'crm_customer_links'), ref('base_crm__customer_links'), ref('stg_crm__customer_links')),
    ('shop_products', source('raw', 'shop_products'), ref('base_shop__products'), ref('stg_shop__products')),
    ('shop_orders', source('raw', 'shop_orders'), ref('base_shop__orders'), ref('stg_shop__orders')),
    ('shop_order_items', source('raw', 'shop_order_items'), ref('base_shop__order_items'), ref('stg_shop__order_items')),
    ('shop_refunds', source('raw', 'shop_refunds'), ref('base_shop__refunds'), ref('stg_shop__refunds')),
    ('billing_plans', source('raw', 'billing_plans'), ref('base_billing__plans'), ref('stg_billing__plans')),
    ('billing_subscription_terms', source('raw', 'billing_subscription_terms'), ref('base_billing__subscription_terms'), ref('stg_billing__subscription_terms')),
    ('billing_cancellations', source('raw', 'billing_cancellations'), ref('base_billing__cancellations'), ref('stg_billing__cancellations')),
    ('voice_survey_invitations', source('raw', 'voice_survey_invitations'), ref('base_voice__survey_invitations'), ref('stg_voice__survey_invitations')),
    ('voice_survey_responses', source('raw', 'voice_survey_responses'), ref('base_voice__survey_responses'), ref('stg_voice__survey_responses')),
    ('voice_product_reviews', source('raw', 'voice_product_reviews'), ref('base_voice__product_reviews'), ref('stg_voice__product_reviews')),
    ('finance_exchange_rates', source('raw', 'finance_exchange_rates'), ref('base_finance__exchange_rates'), ref('stg_finance__exchange_rates')),
] %}

with counts as (
    {% for raw_table, landed, judged, staged in raw_tables %}
    select
        '{{ raw_table }}' as raw_table,
        (select count(*) from {{ landed }}) as rows_in_raw,
        (select count(*) from {{ staged }}) as rows_staged,
        {% for verdict in ['unseen', 'superseded', 'deleted'] %}
        coalesce(sum(case when _verdict = '{{ verdict }}' then 1 else 0 end), 0) as rows_{{ verdict }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ judged }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from counts
