-- The tier of each member by day, with the days on which it counts: at the first instant of a day, what was known
-- before it. Of several accounts the one joined first that is still open speaks for the customer. Days without a row
-- are those of no member.
with accounts as (
    select * from {{ ref('int_loyalty_accounts') }}
),

changes as (
    select
        account_id,
        tier,
        {{ business_day('changed_at') }} as changed_on,
        changed_at
    from {{ ref('stg_loyalty__tier_changes') }}
),

-- The last change of a day counts.
ranked as (
    select
        *,
        row_number() over (
            partition by account_id, changed_on order by changed_at desc nulls last
        ) as changes_ago
    from changes
),

-- Nobody has a tier before the first change.
tiers as (
    select
        account_id,
        tier,
        changed_on
    from ranked
    where changes_ago = 1

    union all

    select
        account_id,
        'member' as tier,
        cast('1900-01-01' as date) as changed_on
    from accounts
),

tier_days as (
    select
        account_id,
        tier,
        {{ add_days('changed_on', 1) }} as tier_from_on,
        coalesce(
            {{ add_days('lead(changed_on) over (partition by account_id order by changed_on nulls last)', 1) }},
            cast('9999-12-31' as date)
        ) as tier_until_on
    from tiers
),

open_days as (
    select
        account_id,
        customer_id,
        {{ add_days('joined_on', 1) }} as open_from_on,
        coalesce({{ add_days('left_on', 1) }}, cast('9999-12-31' as date)) as open_until_on,
        row_number() over (
            partition by customer_id order by joined_at nulls last, account_id nulls last
        ) as account_number
    from accounts
),

spoken_for as (
    select
        *,
        max(open_until_on) over (
            partition by customer_id order by account_number nulls last
            rows between unbounded preceding and 1 preceding
        ) as taken_until_on
    from open_days
),

speaking as (
    select
        account_id,
        customer_id,
        open_until_on,
        case when taken_until_on > open_from_on then taken_until_on else open_from_on end as open_from_on
    from spoken_for
),

member_days as (
    select
        speaking.customer_id,
        speaking.account_id,
        tier_days.tier as loyalty_tier,
        case
            when tier_days.tier_from_on > speaking.open_from_on then tier_days.tier_from_on else speaking.open_from_on
        end as counts_from_on,
        case
            when tier_days.tier_until_on < speaking.open_until_on
                then tier_days.tier_until_on
            else speaking.open_until_on
        end as counts_until_on
    from speaking
    inner join tier_days
        on
            speaking.account_id = tier_days.account_id
            and speaking.open_from_on < tier_days.tier_until_on
            and speaking.open_until_on > tier_days.tier_from_on
    where speaking.open_from_on < speaking.open_until_on
)

select * from member_days
