with spells as (
    select * from {{ ref('fct_customer_spells') }}
    where ended_on is null
),

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test
),

reasons as (
    select * from {{ ref('int_listed_reasons') }}
),

bands as (
    select * from {{ ref('risk_bands') }}
),

margins as (
    select * from {{ ref('int_recent_margin') }}
),

prospects as (
    select * from {{ ref('int_customer_prospects') }}
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

scored as (
    select
        current_customers.*,
        coalesce(prospects.forecast_status, 'none') as forecast_status,
        prospects.risk_basis,
        prospects.churn_probability,
        prospects.p_buy_30d,
        prospects.p_buy_90d,
        prospects.expected_margin_90d,
        prospects.expected_margin_365d,
        coalesce(reasons.risk_points, 0) as risk_points,
        case
            when prospects.churn_probability < reasons.from_probability then 'none'
            else coalesce(reasons.recommended_action, 'none')
        end as recommended_action,
        reasons.rule_fired,
        reasons.reason_1,
        reasons.reason_2,
        reasons.reason_3
    from current_customers
    left join reasons on current_customers.customer_id = reasons.customer_id
    left join prospects on current_customers.customer_id = prospects.customer_id
),

banded as (
    select
        scored.customer_id,
        bands.risk_band,
        row_number() over (partition by scored.customer_id order by bands.from_points desc nulls last) as place
    from scored
    inner join bands
        on
            (scored.churn_probability is null and scored.risk_points >= bands.from_points)
            or scored.churn_probability >= bands.from_probability
),

listed as (
    select
        -- ids
        scored.customer_id,

        -- numbers
        scored.churn_probability,
        scored.p_buy_30d,
        scored.p_buy_90d,
        cast(scored.risk_points as int) as risk_points,
        cast(
            round(coalesce(margins.net_margin, 0) * coalesce(scored.churn_probability, 1), 4) as decimal(18, 4)
        ) as margin_at_risk,
        scored.expected_margin_90d,
        scored.expected_margin_365d,

        -- text
        scored.forecast_status,
        scored.risk_basis,
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
