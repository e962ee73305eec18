{% set outcomes = {'bought': 'has_bought', 'stayed': 'has_stayed'} %}
{% set arms = {'contacted': 'not is_holdout', 'holdout': 'is_holdout'} %}
{% set rates = [
    ('contacted_rate', 'contacted_lower', 'contacted_upper'), ('holdout_rate', 'holdout_lower', 'holdout_upper')
] %}
with planned as (
    select * from {{ ref('int_outreach_outcomes') }}
),

judged as (
    {% for outcome, column in outcomes.items() %}
    {% for action in ['action', "'all'"] %}
    select
        {{ action }} as action,
        '{{ outcome }}' as outcome,
        is_holdout,
        is_sent,
        {{ column }} as is_success
    from planned
    where {{ column }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

totals as (
    select
        action,
        outcome,
        {% for arm, condition in arms.items() %}
        cast(sum(case when {{ condition }} then 1 else 0 end) as bigint) as {{ arm }}_customers,
        cast(sum(case when {{ condition }} and is_success then 1 else 0 end) as bigint) as {{ arm }}_successes,
        {% endfor %}
        cast(sum(case when is_sent and not is_holdout then 1 else 0 end) as bigint) as sent_customers
    from judged
    group by action, outcome
),

rated as (
    select
        *,
        {% for arm in arms %}
        {% set successes, customers = arm ~ '_successes', arm ~ '_customers' %}
        {% set is_shown = "(action = 'all' or " ~ customers ~ ' >= ' ~ var('minimum_group_size') | int ~ ')' %}
        case when {{ is_shown }} then {{ ratio(successes, customers) }} end as {{ arm }}_rate,
        case when {{ is_shown }} then {{ wilson_lower(successes, customers) }} end as {{ arm }}_lower,
        case when {{ is_shown }} then {{ wilson_upper(successes, customers) }} end as {{ arm }}_upper
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from totals
),

compared as (
    select
        *,
        contacted_rate - holdout_rate as effect,
        {{ newcombe_lower(*rates) }} as lower_95,
        {{ newcombe_upper(*rates) }} as upper_95
    from rated
),

limited as (
    select
        -- what was done and what came of it
        action,
        outcome,

        -- counts
        contacted_customers,
        contacted_successes,
        sent_customers,
        holdout_customers,
        holdout_successes,

        -- rates
        contacted_rate,
        holdout_rate,
        effect,
        lower_95,
        upper_95,

        -- flags
        lower_95 > 0 or upper_95 < 0 as is_significant
    from compared
)

select * from limited
