-- Each customer in each programme at each period's end: whether a member, and in which tier. Of several accounts in one
-- programme the one joined first that is open speaks for the customer.
{% set slices = restated_slices() %}
with accounts as (
    select * from {{ ref('int_loyalty_accounts') }}
    where not is_test
    {{ only_customers(slices, word='and') }}
),

changes as (
    select
        *,
        {{ business_day('changed_at') }} as changed_on
    from {{ ref('stg_loyalty__tier_changes') }}
),

movements as (
    select
        account_id,
        min(moved_on) as first_moved_on
    from {{ ref('int_loyalty_movements') }}
    group by account_id
),

periods as (
    select * from {{ ref('dim_periods') }}
),

tiers as (
    select
        account_id,
        tier,
        changed_on as from_on,
        coalesce(
            lead(changed_on) over (partition by account_id order by changed_at nulls last),
            cast('9999-12-31' as date)
        ) as until_on
    from changes
),

-- An entry may be older than the account it was written to.
begun as (
    select
        accounts.*,
        case
            when movements.first_moved_on < accounts.joined_on then movements.first_moved_on else accounts.joined_on
        end as begun_on
    from accounts
    left join movements on accounts.account_id = movements.account_id
),

ended as (
    select
        begun.customer_id,
        begun.programme_id,
        begun.account_id,
        begun.joined_at,
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.seen_until,
        periods.is_complete,
        begun.joined_on < periods.seen_until
        and (begun.left_on is null or begun.left_on >= periods.seen_until) as is_open
    from begun
    inner join periods on begun.begun_on < periods.seen_until
),

ranked as (
    select
        ended.*,
        coalesce(tiers.tier, 'none') as tier,
        row_number() over (
            partition by ended.customer_id, ended.programme_id, ended.period_grain, ended.period_start
            order by
                case when ended.is_open then 0 else 1 end nulls last,
                ended.joined_at nulls last,
                ended.account_id nulls last
        ) as seniority
    from ended
    left join tiers
        on
            ended.account_id = tiers.account_id
            and ended.seen_until > tiers.from_on
            and ended.seen_until <= tiers.until_on
),

standings as (
    select
        customer_id,
        programme_id,
        period_grain,
        period_start,
        period_end,
        is_complete,
        tier,
        is_open as is_member
    from ranked
    where seniority = 1
)

select * from standings
