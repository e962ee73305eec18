{% set slices = {'customer_id': 'int_touched_customers', 'promotion_id': 'int_changed_promotions'} %}
{{ config(**replace_slices(slices)) }}
with exposures as (
    select * from {{ ref('stg_shop__promotion_exposures') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

promotions as (
    select * from {{ ref('stg_shop__promotions') }}
),

orders as (
    select
        *,
        net_order_value - cost as net_margin
    from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
),

named as (
    select
        exposures.promotion_id,
        identities.customer_id,
        coalesce(exposures.is_holdout, false) as is_holdout,
        exposures.exposed_at
    from exposures
    inner join identities on exposures.customer_id = identities.record_id
),

-- The first exposure decides, as the lots were drawn: who was shown it at the same instant was shown it.
ranked as (
    select
        *,
        count(*) over (partition by promotion_id, customer_id)
        <> count(*) over (partition by promotion_id, customer_id, is_holdout) as is_mixed,
        row_number() over (
            partition by promotion_id, customer_id
            order by exposed_at nulls last, case when is_holdout then 1 else 0 end nulls last
        ) as exposure_number
    from named
    {{ only(slices) }}
),

dated as (
    select
        ranked.*,
        {{ business_day('ranked.exposed_at') }} as exposed_on,
        promotions.ends_at,
        {{ business_day('promotions.ends_at') }} as ends_on,
        coalesce(customers.is_test, false) as is_test
    from ranked
    left join customers on ranked.customer_id = customers.customer_id
    left join promotions on ranked.promotion_id = promotions.promotion_id
    where ranked.exposure_number = 1
),

-- A promotion that ends at midnight has ended when that day begins.
windowed as (
    select
        *,
        case
            when ends_at is null or ends_at <= exposed_at
                then {{ add_days('exposed_on', var('promotion_response_days') | int) }}
            when {{ from_utc('ends_at', var('business_timezone')) }} > cast(ends_on as timestamp)
                then {{ add_days('ends_on', 1) }}
            else ends_on
        end as response_until_on
    from dated
),

answered as (
    select
        -- ids
        windowed.promotion_id,
        windowed.customer_id,

        -- text
        case when min(orders.ordered_at) < windowed.exposed_at then 'returning' else 'new' end as audience_group,

        -- numbers
        {% set inside = 'orders.ordered_at >= windowed.exposed_at' %}
        cast(sum(case when {{ inside }} then 1 else 0 end) as int) as orders,
        cast(sum(case when {{ inside }} and orders.promotion_id = windowed.promotion_id then 1 else 0 end) as int)
            as promotion_orders,
        {% for measure in ['net_order_value', 'discount_amount', 'net_margin'] %}
        cast(sum(case when {{ inside }} then orders.{{ measure }} else 0 end) as decimal(18, 4)) as {{ measure }},
        {% endfor %}

        -- flags
        windowed.is_holdout,
        windowed.is_mixed,
        sum(case when {{ inside }} then 1 else 0 end) > 0 as is_responder,
        windowed.is_test,

        -- times
        windowed.exposed_on,
        windowed.response_until_on,
        windowed.exposed_at
    from windowed
    left join orders
        on windowed.customer_id = orders.customer_id and windowed.response_until_on > orders.ordered_on
    group by
        windowed.promotion_id,
        windowed.customer_id,
        windowed.is_holdout,
        windowed.is_mixed,
        windowed.is_test,
        windowed.exposed_on,
        windowed.response_until_on,
        windowed.exposed_at
)

select * from answered
