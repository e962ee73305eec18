{% set arms = ['exposed', 'holdout'] %}
{% set rates = [
    ('exposed_rate', 'exposed_lower', 'exposed_upper'), ('holdout_rate', 'holdout_lower', 'holdout_upper')
] %}
with totals as (
    select * from {{ ref('int_promotion_totals') }}
),

rated as (
    select
        *,
        {% for arm in arms %}
        {% set responders, customers = arm ~ '_responders', arm ~ '_customers' %}
        {% set is_shown = is_large_enough(customers, 'audience_group') %}
        case when {{ is_shown }} then {{ ratio(responders, customers) }} end as {{ arm }}_rate,
        case when {{ is_shown }} then {{ wilson_lower(responders, customers) }} end as {{ arm }}_lower,
        case when {{ is_shown }} then {{ wilson_upper(responders, customers) }} end as {{ arm }}_upper,
        case when {{ is_shown }} then {{ ratio(arm ~ '_net_margin', customers) }} end as {{ arm }}_margin_per_customer
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from totals
),

compared as (
    select
        *,
        exposed_rate - holdout_rate as incremental_rate,
        {{ newcombe_lower(*rates) }} as incremental_lower,
        {{ newcombe_upper(*rates) }} as incremental_upper,
        exposed_margin_per_customer - holdout_margin_per_customer as margin_difference,
        {% for arm in arms %}
        {{ ratio(
            '(' ~ arm ~ '_margin_xx - ' ~ arm ~ '_net_margin * ' ~ arm ~ '_margin_per_customer)',
            arm ~ '_customers * (' ~ arm ~ '_customers - 1)'
        ) }}{% if not loop.last %} +{% else %} as margin_variance{% endif %}
        {% endfor %}
    from rated
),

spread as (
    select
        *,
        1.96e0 * sqrt(case when margin_variance < 0 then 0e0 else margin_variance end) as margin_spread
    from compared
),

limited as (
    select
        -- promotion
        promotion_id,
        promotion_name,
        promotion_type,
        audience,
        audience_group,
        starts_on,
        ends_on,
        is_complete,

        -- counts
        exposed_customers,
        exposed_responders as responders,
        holdout_customers,
        holdout_responders,
        exposed_orders as orders,
        exposed_promotion_orders as promotion_orders,

        -- money
        exposed_net_order_value as net_order_value,
        exposed_discount_amount as discount_amount,
        exposed_net_margin as net_margin,
        holdout_net_margin,
        exposed_customers * margin_difference as incremental_net_margin,
        exposed_customers * (margin_difference - margin_spread) as incremental_net_margin_lower_95,
        exposed_customers * (margin_difference + margin_spread) as incremental_net_margin_upper_95,

        -- rates
        exposed_rate as response_rate,
        holdout_rate as holdout_response_rate,
        incremental_rate,
        incremental_lower as lower_95,
        incremental_upper as upper_95,
        incremental_lower > 0 or incremental_upper < 0 as is_significant
    from spread
)

select * from limited
