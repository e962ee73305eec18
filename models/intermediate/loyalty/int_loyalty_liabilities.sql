-- What each member's points are worth at each period's end, converted on the last day of the period that is seen; with
-- the attributes as of its start.
{% set slices = restated_slices(periods='int_revalued_periods') %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with member_periods as (
    select * from {{ ref('int_loyalty_member_periods') }}
    {{ only(slices) }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

programmes as (
    select
        programme_id,
        programme_type,
        coalesce(currency_per_point, cast(0 as decimal(18, 4))) as currency_per_point,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency
    from {{ ref('stg_loyalty__programmes') }}
),

rates as (
    select * from {{ ref('int_exchange_rates') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
),

priced as (
    select
        member_periods.*,
        coalesce(programmes.programme_type, 'unknown') as programme_type,
        programmes.currency,
        {{ add_days('periods.seen_until', -1) }} as valued_on,
        cast(
            round(member_periods.points_balance * coalesce(programmes.currency_per_point, 0), 4) as decimal(18, 4)
        ) as liability_local
    from member_periods
    inner join periods
        on
            member_periods.period_grain = periods.period_grain
            and member_periods.period_start = periods.period_start
    left join programmes on member_periods.programme_id = programmes.programme_id
),

converted as (
    select
        priced.*,
        case
            when priced.liability_local = 0 then cast(0 as decimal(18, 4))
            else {{ to_reporting('priced.liability_local', 'rates.rate') }}
        end as liability
    from priced
    left join rates
        on
            priced.currency = rates.currency
            and {{ counts_on('rates', 'priced.valued_on') }}
),

attributed as (
    select
        converted.*,
        {{ attributes_of('segments') }}
    from converted
    left join segments
        on converted.customer_id = segments.customer_id and converted.period_start = segments.period_start
)

select * from attributed
