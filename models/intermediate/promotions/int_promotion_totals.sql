-- Exposed customers and the holdout of each promotion, and what they bought, by audience and in all.
{% set arms = {'exposed': 'not is_holdout', 'holdout': 'is_holdout'} %}
with campaign_customers as (
    select * from {{ ref('fct_campaign_customers') }}
    where not is_test
),

promotions as (
    select * from {{ ref('stg_shop__promotions') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

grouped as (
    {% for group in ['audience_group', "'all'"] %}
    select
        promotion_id,
        {{ group }} as audience_group,
        is_holdout,
        is_responder,
        orders,
        promotion_orders,
        net_order_value,
        discount_amount,
        net_margin,
        response_until_on
    from campaign_customers
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

totals as (
    select
        grouped.promotion_id,
        grouped.audience_group,
        max(grouped.response_until_on) <= max(as_of.as_of_date) as is_complete,
        {% for arm, condition in arms.items() %}
        {% set condition = condition | replace('is_', 'grouped.is_') %}
        cast(sum(case when {{ condition }} then 1 else 0 end) as bigint) as {{ arm }}_customers,
        cast(sum(case when {{ condition }} and grouped.is_responder then 1 else 0 end) as bigint)
            as {{ arm }}_responders,
        {% for count in ['orders', 'promotion_orders'] %}
        cast(sum(case when {{ condition }} then grouped.{{ count }} else 0 end) as bigint) as {{ arm }}_{{ count }},
        {% endfor %}
        {% for amount in ['net_order_value', 'discount_amount', 'net_margin'] %}
        cast(sum(case when {{ condition }} then grouped.{{ amount }} else 0 end) as decimal(18, 4))
            as {{ arm }}_{{ amount }},
        {% endfor %}
        sum(case when {{ condition }} then {{ product_of('grouped.net_margin', 'grouped.net_margin') }} else 0 end)
            as {{ arm }}_margin_xx{% if not loop.last %},{% endif %}
        {% endfor %}
    from grouped
    cross join as_of
    group by grouped.promotion_id, grouped.audience_group
),

described as (
    select
        totals.*,
        promotions.promotion_name,
        promotions.promotion_type,
        promotions.audience,
        {{ business_day('promotions.starts_at') }} as starts_on,
        {{ business_day('promotions.ends_at') }} as ends_on
    from totals
    left join promotions on totals.promotion_id = promotions.promotion_id
)

select * from described
