{{ config(**replace_keys('referral_id')) }}
with landed as (
    select * from {{ source('raw', 'marketing_referrals') }}
    {{ only_touched('marketing_referrals', {
        'referrer_customer_id': 'int_touched_records', 'referred_customer_id': 'int_touched_records'
    }) }}
),

{{ typed_rows('marketing_referrals') }},

known_referrers as (
    select * from {{ ref('int_known_customers') }}
),

known_referred as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('marketing_referrals', references={
            'referrer_customer_id': 'known_referrers', 'referred_customer_id': 'known_referred'
        }, rules=[
            ('end_before_start', 'converted_at', 'converted_at < invited_at')
        ]) }}
    from typed
    left join known_referrers on typed.referrer_customer_id = known_referrers.customer_id
    left join known_referred on typed.referred_customer_id = known_referred.customer_id
),

{{ row_verdicts('marketing_referrals') }}

select * from verdicts
