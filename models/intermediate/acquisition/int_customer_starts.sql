-- The day on which each customer first became one, on any basis, and what the 365 days after it brought so far.
with spells as (
    select * from {{ ref('fct_customer_spells') }}
    where spell_number = 1
),

value_days as (
    select * from {{ ref('int_value_days') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

starts as (
    select
        customer_id,
        min(started_on) as started_on
    from spells
    group by customer_id
),

ends as (
    select
        customer_id,
        started_on,
        {{ add_days('started_on', 365) }} as first_year_ends_on
    from starts
),

first_years as (
    select
        ends.customer_id,
        ends.started_on,
        case
            when ends.first_year_ends_on < as_of.as_of_date then ends.first_year_ends_on
            else as_of.as_of_date
        end as first_year_until_on
    from ends
    cross join as_of
),

-- MRR that changed on a day is earned from that day on: MRR x 12 / 365 a day.
valued as (
    select
        first_years.customer_id,
        first_years.started_on,
        first_years.first_year_until_on,
        sum(value_days.net_margin) as net_margin,
        sum(
            value_days.mrr_change * {{ days_between('value_days.happened_on', 'first_years.first_year_until_on') }}
        ) as mrr_days
    from first_years
    left join value_days
        on
            first_years.customer_id = value_days.customer_id
            and first_years.first_year_until_on > value_days.happened_on
    group by first_years.customer_id, first_years.started_on, first_years.first_year_until_on
),

typed as (
    select
        customer_id,
        started_on,
        cast({{ days_between('started_on', 'first_year_until_on') }} as int) as first_year_days,
        cast(coalesce(net_margin, 0) + {{ earned('coalesce(mrr_days, 0)') }} as decimal(18, 4)) as first_year_margin
    from valued
)

select * from typed
