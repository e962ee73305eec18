-- earned + adjusted = redeemed + expired + outstanding: for each account, in its lots and in its movements, with the
-- ledger as it was staged; and in all, by programme and grain, in the mart. A ledger that begins before the first
-- period fails here too: int_date_periods must know of it.
with ledger as (
    select
        account_id,
        sum(points) as points,
        sum(case when points > 0 and entry_type = 'earn' then points else 0 end) as earned,
        sum(case when points < 0 and entry_type = 'redeem' then -points else 0 end) as redeemed,
        sum(case when points < 0 and entry_type = 'expire' then -points else 0 end) as expired,
        sum(
            case
                when points > 0 and entry_type = 'earn' then 0
                when points < 0 and entry_type in ('redeem', 'expire') then 0
                else points
            end
        ) as adjusted
    from {{ ref('stg_loyalty__ledger') }}
    where points <> 0
    group by account_id
),

lots as (
    select
        account_id,
        sum(points) as points,
        sum(redeemed_points) as redeemed,
        sum(expired_points) as expired,
        sum(adjusted_points) as adjusted,
        sum(outstanding_points) as outstanding,
        sum(
            case
                when points <> redeemed_points + expired_points + adjusted_points + outstanding_points then 1 else 0
            end
        ) as broken_lots
    from {{ ref('fct_loyalty_lots') }}
    group by account_id
),

movements as (
    select
        moved.account_id,
        {% for kind in ['earned', 'adjusted', 'redeemed', 'expired'] %}
        sum(case when moved.kind = '{{ kind }}' then moved.points else 0 end) as {{ kind }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_loyalty_movements') }} as moved
    cross join {{ ref('int_as_of') }} as as_of
    where moved.moved_on < as_of.as_of_date
    group by moved.account_id
),

-- What lapsed without an entry is missing in the ledger's own sum.
broken_accounts as (
    select
        'account' as place,
        coalesce(ledger.account_id, lots.account_id, movements.account_id) as id,
        ledger.points,
        lots.outstanding
    from ledger
    full outer join lots on ledger.account_id = lots.account_id
    full outer join movements on ledger.account_id = movements.account_id
    where
        ledger.account_id is null
        or lots.account_id is null
        or movements.account_id is null
        or lots.broken_lots > 0
        or ledger.points <> lots.outstanding + lots.expired - ledger.expired
        or movements.earned + movements.adjusted <> movements.redeemed + movements.expired + lots.outstanding
        or movements.earned <> ledger.earned
        or movements.adjusted <> ledger.adjusted
        or movements.redeemed <> ledger.redeemed
        or movements.redeemed <> lots.redeemed
        or movements.expired <> lots.expired
        or lots.expired < ledger.expired
),

programmes as (
    select
        programme_id,
        sum(outstanding_points) as outstanding,
        sum(redeemed_points) as redeemed,
        sum(expired_points) as expired
    from {{ ref('fct_loyalty_lots') }}
    where not is_test
    group by programme_id
),

last_periods as (
    select
        period_grain,
        max(period_start) as period_start
    from {{ ref('dim_periods') }}
    group by period_grain
),

mart as (
    select
        mart.period_grain,
        mart.programme_id,
        sum(case when mart.period_start = last_periods.period_start then mart.points_outstanding else 0 end)
            as outstanding,
        sum(mart.points_earned + mart.points_adjusted) as came,
        sum(mart.points_redeemed) as redeemed,
        sum(mart.points_expired) as expired
    from {{ ref('loyalty_by_period') }} as mart
    inner join last_periods on mart.period_grain = last_periods.period_grain
    where mart.segment_name = 'all'
    group by mart.period_grain, mart.programme_id
),

expected as (
    select
        programmes.*,
        last_periods.period_grain
    from programmes
    cross join last_periods
),

-- A row of the mart without points needs no lot.
broken_programmes as (
    select
        coalesce(expected.period_grain, mart.period_grain) as place,
        coalesce(expected.programme_id, mart.programme_id) as id,
        expected.outstanding as points,
        mart.outstanding
    from expected
    full outer join mart on expected.programme_id = mart.programme_id and expected.period_grain = mart.period_grain
    where
        coalesce(expected.outstanding, 0) <> coalesce(mart.outstanding, 0)
        or coalesce(expected.redeemed, 0) <> coalesce(mart.redeemed, 0)
        or coalesce(expected.expired, 0) <> coalesce(mart.expired, 0)
        or mart.came <> mart.redeemed + mart.expired + mart.outstanding
)

select * from broken_accounts

union all

select * from broken_programmes
