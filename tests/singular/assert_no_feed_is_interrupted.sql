-- The longest pause of each feed, the running one included, against its second longest: a feed that stopped while
-- others go on has one pause unlike all others, and so has one that lost weeks. Over thirteen months before the as-of
-- date, so that a shop that closes at New Year is compared with the New Year before.
-- Customers and members are not watched: a closed panel gets no new ones, and members may keep their tiers. Nor are
-- feeds with rows on fewer than 30 days.
{{ config(store_failures=true, schema='quarantine', alias='interrupted_feeds') }}
{% set feeds = {
    'shop_orders': (ref('stg_shop__orders'), 'ordered_at'),
    'shop_refunds': (ref('stg_shop__refunds'), 'refunded_at'),
    'billing_subscription_terms': (ref('stg_billing__subscription_terms'), 'started_at'),
    'billing_cancellations': (ref('stg_billing__cancellations'), 'coalesce(requested_at, effective_at)'),
    'shop_promotion_exposures': (ref('stg_shop__promotion_exposures'), 'exposed_at'),
    'loyalty_ledger': (ref('stg_loyalty__ledger'), 'occurred_at'),
    'voice_survey_invitations': (ref('stg_voice__survey_invitations'), 'sent_at'),
    'voice_survey_responses': (ref('stg_voice__survey_responses'), 'responded_at'),
    'voice_product_reviews': (ref('stg_voice__product_reviews'), 'reviewed_at'),
    'support_tickets': (ref('stg_support__tickets'), 'opened_at'),
    'engagement_email_events': (ref('stg_engagement__email_events'), 'occurred_at'),
    'engagement_web_sessions': (ref('stg_engagement__web_sessions'), 'started_at'),
    'engagement_social_interactions': (ref('stg_engagement__social_interactions'), 'occurred_at'),
    'marketing_spend': (ref('stg_marketing__spend'), 'spend_date'),
    'marketing_referrals': (ref('stg_marketing__referrals'), 'invited_at'),
    'marketing_outreach': (ref('stg_marketing__outreach'), 'planned_at'),
    'finance_exchange_rates': (ref('stg_finance__exchange_rates'), 'rate_date'),
} %}
{% for name in var('ended_feeds') if name not in feeds %}
    {{ exceptions.raise_compiler_error("ended_feeds: '" ~ name ~ "' is none of " ~ feeds | join(', ')) }}
{% endfor %}
with as_of as (
    select * from {{ ref('int_as_of') }}
),

days as (
    {% for raw_table, (staged, moment) in feeds.items() %}
    select distinct
        '{{ raw_table }}' as raw_table,
        {{ moment if moment in ('rate_date', 'spend_date') else business_day(moment) }} as happened_on
    from {{ staged }}
    where {{ moment }} >= (select {{ add_days('as_of_date', -400) }} from as_of)
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

pauses as (
    select
        days.raw_table,
        days.happened_on as paused_from,
        coalesce(
            lead(days.happened_on) over (partition by days.raw_table order by days.happened_on nulls last),
            as_of.as_of_date
        ) as paused_until
    from days
    cross join as_of
    where days.happened_on < as_of.as_of_date and days.happened_on >= {{ add_days('as_of.as_of_date', -396) }}
),

ranked as (
    select
        raw_table,
        paused_from,
        paused_until,
        {{ days_between('paused_from', 'paused_until') }} as pause_days,
        count(*) over (partition by raw_table) as days_with_rows,
        row_number() over (
            partition by raw_table
            order by {{ days_between('paused_from', 'paused_until') }} desc nulls last, paused_from nulls last
        ) as place
    from pauses
)

select
    longest.raw_table,
    longest.paused_from,
    longest.paused_until,
    longest.pause_days,
    next_longest.pause_days as second_longest_pause_days
from ranked as longest
inner join ranked as next_longest
    on longest.raw_table = next_longest.raw_table and next_longest.place = 2
where
    longest.place = 1
    and longest.days_with_rows >= 30
    and longest.pause_days > {{ var('feed_pause_days') | int }}
    and longest.pause_days > 3 * next_longest.pause_days
    and longest.raw_table not in ('{{ var("ended_feeds") | join("', '") }}')
