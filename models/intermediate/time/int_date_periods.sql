-- Each day in each period that holds it, from the first day with activity to the as-of date.
{% set grains = var('period_grains') %}
{% set happenings = [
    (ref('stg_shop__orders'), 'ordered_at'),
    (ref('stg_shop__refunds'), 'refunded_at'),
    (ref('stg_billing__subscription_terms'), 'started_at'),
    (ref('stg_loyalty__ledger'), 'occurred_at'),
    (ref('stg_voice__survey_invitations'), 'sent_at'),
    (ref('stg_voice__survey_responses'), 'responded_at'),
    (ref('stg_voice__product_reviews'), 'reviewed_at'),
    (ref('stg_support__tickets'), 'opened_at'),
    (ref('stg_engagement__email_events'), 'occurred_at'),
    (ref('stg_engagement__web_sessions'), 'started_at'),
    (ref('stg_engagement__social_interactions'), 'occurred_at'),
    (ref('stg_marketing__referrals'), 'invited_at'),
    (ref('stg_marketing__spend'), 'cast(spend_date as timestamp)'),
] %}
with as_of as (
    select * from {{ ref('int_as_of') }}
),

first_days as (
    {% for staged, moment in happenings %}
    select min({{ moment }}) as first_at from {{ staged }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

bounds as (
    select
        {{ business_day('min(first_days.first_at)') }} as first_on,
        max(as_of.as_of_date) as as_of_date
    from as_of
    cross join first_days
),

-- 65,536 days reach from 1990, the contract's first year, into 2169.
numbers as (
    {{ dbt.generate_series(65536) }}
),

days as (
    select {{ add_days("cast('1990-01-01' as date)", 'numbers.generated_number - 1') }} as date_day
    from numbers
),

seen_days as (
    select days.date_day
    from days
    cross join bounds
    where days.date_day >= bounds.first_on and days.date_day < bounds.as_of_date
),

date_periods as (
    {% for grain in grains %}
    select
        date_day,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'date_day') }} as period_start,
        {{ next_period_start(grain, 'date_day') }} as period_end
    from seen_days
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from date_periods
