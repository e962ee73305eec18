-- Every customer, basis and period of which there is anything to tell: with tenure, and the attributes as of its start.
-- Refunds, and what customers do beside buying, may come long after the last spell: such a row has no state.
{% set slices = restated_slices() %}
with states as (
    select * from {{ ref('int_customer_period_states') }}
),

orders as (
    select * from {{ ref('int_customer_period_orders') }}
),

acts as (
    select * from {{ ref('int_customer_period_signals') }}
    where
        has_acted
        {{ only(slices, word='and') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
),

first_spells as (
    select * from {{ ref('fct_customer_spells') }}
    where spell_number = 1
),

keys as (
    select
        customer_id,
        basis,
        period_grain,
        period_start
    from states

    union

    select
        customer_id,
        'purchase' as basis,
        period_grain,
        period_start
    from orders

    union

    -- whoever was a customer by then
    select
        acts.customer_id,
        first_spells.basis,
        acts.period_grain,
        acts.period_start
    from acts
    inner join periods on acts.period_grain = periods.period_grain and acts.period_start = periods.period_start
    inner join first_spells
        on acts.customer_id = first_spells.customer_id and periods.seen_until > first_spells.started_on
),

described as (
    select
        keys.customer_id,
        keys.basis,
        keys.period_grain,
        keys.period_start,
        periods.period_end,
        periods.is_complete,
        {{ attributes_of('segments') }},
        case
            when first_spells.started_on < keys.period_start
                then cast({{ days_between('first_spells.started_on', 'keys.period_start') }} as int)
            when first_spells.started_on is not null then 0
        end as tenure_days
    from keys
    inner join periods on keys.period_grain = periods.period_grain and keys.period_start = periods.period_start
    left join segments on keys.customer_id = segments.customer_id and keys.period_start = segments.period_start
    left join first_spells on keys.customer_id = first_spells.customer_id and keys.basis = first_spells.basis
)

select * from described
