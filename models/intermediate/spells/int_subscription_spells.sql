-- Stretches of priced terms with gaps of at most the grace days between them.
{% set slices = {'customer_id': 'int_restated_customers'} %}
{{ config(**replace_slices(slices)) }}
with terms as (
    select
        customer_id,
        started_on,
        coalesce(ended_on, cast('9999-12-31' as date)) as last_on
    from {{ ref('int_subscription_terms') }}
    {{ only(slices) }}
),

reach as (
    select
        *,
        max(last_on) over (
            partition by customer_id
            order by started_on nulls last, last_on nulls last
            rows between unbounded preceding and 1 preceding
        ) as reached_on
    from terms
),

numbered as (
    select
        *,
        sum(
            case
                when reached_on is null then 1
                when started_on > {{ add_days('reached_on', var('subscription_grace_days') | int) }} then 1
                else 0
            end
        ) over (
            partition by customer_id order by started_on nulls last, last_on nulls last rows unbounded preceding
        ) as spell_number
    from reach
),

spells as (
    select
        customer_id,
        cast(spell_number as int) as spell_number,
        min(started_on) as started_on,
        max(last_on) as last_on
    from numbered
    group by customer_id, spell_number
)

select * from spells
