-- Rows of each raw table, counted where they are: landed, judged, staged, quarantined.
{% set entities = {
    'crm': ['customers', 'customer_links', 'erasure_requests'],
    'shop': ['products', 'orders', 'order_items', 'refunds', 'promotions', 'promotion_exposures'],
    'billing': ['plans', 'subscription_terms', 'cancellations'],
    'loyalty': ['programmes', 'accounts', 'tier_changes', 'ledger'],
    'voice': ['survey_invitations', 'survey_responses', 'product_reviews'],
    'support': ['tickets'],
    'engagement': ['email_events', 'web_sessions', 'social_interactions'],
    'marketing': ['spend', 'referrals', 'outreach'],
    'finance': ['exchange_rates'],
} %}

with counts as (
    {% for area, names in entities.items() %}
    {% set is_last_area = loop.last %}
    {% for name in names %}
    select
        '{{ area }}_{{ name }}' as raw_table,
        (select count(*) from {{ source('raw', area ~ '_' ~ name) }}) as rows_in_raw,
        (select count(*) from {{ ref('stg_' ~ area ~ '__' ~ name) }}) as rows_staged,
        cast(coalesce(sum(case when _verdict = 'unseen' then 1 else 0 end), 0) as bigint) as rows_unseen,
        cast(coalesce(sum(case when _verdict = 'superseded' then 1 else 0 end), 0) as bigint) as rows_superseded,
        cast(coalesce(sum(case when _verdict = 'deleted' then 1 else 0 end), 0) as bigint) as rows_deleted
    from {{ ref('base_' ~ area ~ '__' ~ name) }}
    {% if not (is_last_area and loop.last) %}union all{% endif %}
    {% endfor %}
    {% endfor %}
)

select * from counts
