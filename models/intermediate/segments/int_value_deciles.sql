-- The tenth of customers to which each belonged at the first instant of a scored day, by net margin until then:
-- 1 is the most valuable tenth. Whoever had neither bought nor subscribed yet has none.
{{ config(**replace_slices({'scored_on': 'int_changed_scored_days'}, keeps_replaced=true)) }}
{% set until_then = 'partition by customer_id order by happened_on nulls last rows unbounded preceding' %}
{% set day_number = days_between("cast('1990-01-01' as date)", 'happened_on') %}
with value_days as (
    select * from {{ ref('int_value_days') }}
),

days as (
    select
        scored_on,
        {{ days_between("cast('1990-01-01' as date)", 'scored_on') }} as day_number
    from {{ ref('int_scored_days') }}
    {{ only({'scored_on': 'int_changed_scored_days'}) }}
),

by_day as (
    select
        customer_id,
        happened_on,
        sum(net_margin) as net_margin,
        sum(mrr_change) as mrr_change,
        sum(mrr_change * {{ day_number }}) as mrr_change_days
    from value_days
    group by customer_id, happened_on
),

-- MRR that rose on day a and fell on day b was paid for b - a days: the sums of changes, and of changes x days, tell.
running as (
    select
        customer_id,
        {{ add_days('happened_on', 1) }} as counts_from_on,
        coalesce(
            lead({{ add_days('happened_on', 1) }}) over (partition by customer_id order by happened_on nulls last),
            cast('9999-12-31' as date)
        ) as counts_until_on,
        sum(net_margin) over ({{ until_then }}) as net_margin,
        sum(mrr_change) over ({{ until_then }}) as mrr_change,
        sum(mrr_change_days) over ({{ until_then }}) as mrr_change_days
    from by_day
),

valued as (
    select
        running.customer_id,
        days.scored_on,
        cast(
            running.net_margin + {{ earned('running.mrr_change * days.day_number - running.mrr_change_days') }}
            as decimal(18, 4)
        ) as net_margin
    from running
    inner join days
        on
            {{ counts_on('running', 'days.scored_on') }}
),

ranked as (
    select
        customer_id,
        scored_on,
        rank() over (partition by scored_on order by net_margin desc nulls last) as value_rank,
        count(*) over (partition by scored_on) as customers
    from valued
),

deciles as (
    select
        customer_id,
        scored_on,
        cast(floor({{ ratio('(value_rank - 1) * 10', 'customers') }}) + 1 as int) as value_decile
    from ranked
)

select * from deciles
