-- One row: the day from which on nothing is seen. Unset, it is the day after the newest activity of a customer. The end
-- of a term may have been planned long ago, and what the company sends or spends goes on without customers: these prove
-- no feed alive.
{% if as_of_date() %}
select cast('{{ as_of_date() }}' as date) as as_of_date
{% else %}
{% set activities = [
    (ref('stg_shop__orders'), 'ordered_at'),
    (ref('stg_shop__refunds'), 'refunded_at'),
    (ref('stg_billing__subscription_terms'), 'started_at'),
    (ref('stg_billing__cancellations'), 'requested_at'),
    (ref('stg_loyalty__ledger'), 'occurred_at'),
    (ref('stg_voice__survey_responses'), 'responded_at'),
    (ref('stg_voice__product_reviews'), 'reviewed_at'),
    (ref('stg_support__tickets'), "case when coalesce(initiated_by, 'customer') = 'customer' then opened_at end"),
    (ref('stg_engagement__email_events'), "case when event_type in ('opened', 'clicked') then occurred_at end"),
    (ref('stg_engagement__web_sessions'), 'started_at'),
    (ref('stg_engagement__social_interactions'), 'occurred_at'),
    (ref('stg_marketing__referrals'), 'invited_at'),
] %}
with activity as (
    {% for staged, moment in activities %}
    select max({{ moment }}) as newest_at from {{ staged }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

newest as (
    select max(newest_at) as newest_at from activity
),

-- Customers alone, and nothing that they did: the day after the newest record.
records as (
    select max(created_at) as newest_at from {{ ref('stg_crm__customers') }}
),

as_of as (
    select {{ add_days(business_day('coalesce(newest.newest_at, records.newest_at)'), 1) }} as as_of_date
    from newest
    cross join records
)

select * from as_of
{% endif %}
