with spells as (
    select * from {{ ref('fct_customer_spells') }}
    where ended_on is null
),

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test
),

signals as (
    select * from {{ ref('int_customer_reasons') }}
),

bands as (
    select * from {{ ref('risk_bands') }}
),

margins as (
    select * from {{ ref('int_recent_margin') }}
),

opt_outs as (
    select distinct customer_id
    from {{ ref('fct_email_messages') }}
    where is_unsubscribed or is_complained
),

current_customers as (
    select
        customer_id,
        max(case when basis = 'purchase' then 1 else 0 end) = 1 as is_buyer,
        max(case when basis = 'subscription' then 1 else 0 end) = 1 as is_subscriber
    from spells
    group by customer_id
),

reasons as (
    select
        customer_id,
        sum(risk_points) as risk_points,
        max(case when place = 1 then recommended_action end) as recommended_action,
        max(case when place = 1 then signal_name end) as rule_fired,
        {% for place in [1, 2, 3] %}
        max(case when place = {{ place }} then reason end) as reason_{{ place }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from signals
    group by customer_id
),

scored as (
    select
        current_customers.*,
        coalesce(reasons.risk_points, 0) as risk_points,
        coalesce(reasons.recommended_action, 'none') as recommended_action,
        reasons.rule_fired,
        reasons.reason_1,
        reasons.reason_2,
        reasons.reason_3
    from current_customers
    left join reasons on current_customers.customer_id = reasons.customer_id
),

banded as (
    select
        scored.customer_id,
        bands.risk_band,
        row_number() over (partition by scored.customer_id order by bands.from_points desc nulls last) as place
    from scored
    inner join bands on scored.risk_points >= bands.from_points
),

listed as (
    select
        -- ids
        scored.customer_id,

        -- numbers
        cast(null as {{ type_double() }}) as churn_probability,
        cast(scored.risk_points as int) as risk_points,
        coalesce(margins.net_margin, cast(0 as decimal(18, 4))) as margin_at_risk,

        -- text
        banded.risk_band,
        scored.reason_1,
        scored.reason_2,
        scored.reason_3,
        scored.recommended_action,
        scored.rule_fired,

        -- flags
        scored.is_buyer,
        scored.is_subscriber,
        customers.has_marketing_consent and opt_outs.customer_id is null as has_consent,
        {{ is_held_out('scored.customer_id', var('outreach_holdout_share')) }} as is_holdout
    from scored
    inner join customers on scored.customer_id = customers.customer_id
    inner join banded on scored.customer_id = banded.customer_id and banded.place = 1
    left join margins on scored.customer_id = margins.customer_id
    left join opt_outs on scored.customer_id = opt_outs.customer_id
)

select * from listed
