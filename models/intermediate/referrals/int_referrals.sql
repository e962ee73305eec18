-- Each invitation with the customers on both sides, whether it converted, and whether it brought the one who came.
-- Nobody refers himself, two records of one person included; who was invited by several came by the first to convert.
with referrals as (
    select * from {{ ref('stg_marketing__referrals') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

starts as (
    select * from {{ ref('int_customer_starts') }}
),

rates as (
    select * from {{ ref('int_exchange_rates') }}
),

named as (
    select
        referrals.referral_id,
        referrers.customer_id as referrer_id,
        referred.customer_id as referred_id,
        {{ business_day('referrals.invited_at') }} as invited_on,
        {{ seen('referrals.converted_at') }} as converted_at,
        coalesce(referrals.reward_amount, cast(0 as decimal(18, 4))) as reward_local,
        coalesce(referrals.currency, '{{ var("reporting_currency") }}') as currency
    from referrals
    inner join identities as referrers on referrals.referrer_customer_id = referrers.record_id
    left join identities as referred on referrals.referred_customer_id = referred.record_id
),

judged as (
    select
        named.*,
        {{ business_day('named.converted_at') }} as converted_on,
        named.converted_at is not null
        and coalesce(named.referred_id <> named.referrer_id, true)
        and not coalesce(referred.is_test, false) as is_converted,
        coalesce(starts.started_on < named.invited_on, false) as was_customer
    from named
    inner join customers as referrers on named.referrer_id = referrers.customer_id
    left join customers as referred on named.referred_id = referred.customer_id
    left join starts on named.referred_id = starts.customer_id
    where not referrers.is_test
),

ranked as (
    select
        *,
        row_number() over (
            partition by referred_id, is_converted order by converted_at nulls last, referral_id nulls last
        ) as conversion_number
    from judged
),

converted as (
    select
        ranked.referral_id,
        ranked.referrer_id,
        ranked.referred_id,
        ranked.invited_on,
        ranked.converted_on,
        ranked.currency,
        ranked.is_converted,
        ranked.is_converted and ranked.referred_id is not null and ranked.conversion_number = 1
        and not ranked.was_customer as has_brought,
        case
            when not ranked.is_converted or ranked.reward_local = 0 then cast(0 as decimal(18, 4))
            else {{ to_reporting('ranked.reward_local', 'rates.rate') }}
        end as reward_amount
    from ranked
    left join rates
        on
            ranked.currency = rates.currency
            and {{ counts_on('rates', 'ranked.converted_on') }}
)

select * from converted
