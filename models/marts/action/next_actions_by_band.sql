with actions as (
    select * from {{ ref('customer_next_actions') }}
),

summed as (
    select
        -- text
        risk_band,
        recommended_action,

        -- counts
        cast(count(*) as bigint) as customers,
        cast(sum(case when has_consent and not is_holdout then 1 else 0 end) as bigint) as reachable_customers,
        cast(sum(case when is_holdout then 1 else 0 end) as bigint) as holdout_customers,

        -- money
        cast(sum(margin_at_risk) as decimal(18, 4)) as margin_at_risk
    from actions
    group by risk_band, recommended_action
)

select * from summed
