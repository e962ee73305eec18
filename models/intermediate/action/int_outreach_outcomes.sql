-- The first planned contact of each customer for each action, and what came of it. Whoever was kept out to measure the
-- effect is compared with all others who were planned for it, sent or not: who is reached is no matter of chance.
with outreach as (
    select * from {{ ref('stg_marketing__outreach') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test
),

orders as (
    select * from {{ ref('int_order_days') }}
),

spells as (
    select * from {{ ref('fct_customer_spells') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

planned as (
    select
        identities.customer_id,
        outreach.action,
        coalesce(outreach.is_holdout, false) as is_holdout,
        {{ seen('outreach.sent_at') }} is not null as is_sent,
        {{ business_day('outreach.planned_at') }} as planned_on,
        row_number() over (
            partition by identities.customer_id, outreach.action
            order by outreach.planned_at nulls last, outreach.outreach_id nulls last
        ) as plan_number
    from outreach
    inner join identities on outreach.customer_id = identities.record_id
    inner join customers on identities.customer_id = customers.customer_id
),

first_plans as (
    select
        planned.customer_id,
        planned.action,
        planned.is_holdout,
        planned.is_sent,
        planned.planned_on,
        as_of.as_of_date,
        {{ add_days('planned.planned_on', var('outreach_response_days') | int) }} as response_until_on,
        {{ add_days('planned.planned_on', var('outreach_stay_days') | int) }} as stay_until_on
    from planned
    cross join as_of
    where planned.plan_number = 1
),

bought as (
    select distinct
        first_plans.customer_id,
        first_plans.action
    from first_plans
    inner join orders
        on
            first_plans.customer_id = orders.customer_id
            and first_plans.planned_on <= orders.ordered_on
            and first_plans.response_until_on > orders.ordered_on
),

stayed as (
    select distinct
        first_plans.customer_id,
        first_plans.action
    from first_plans
    inner join spells
        on
            first_plans.customer_id = spells.customer_id
            and first_plans.stay_until_on > spells.started_on
            and (spells.ended_on is null or first_plans.stay_until_on <= spells.ended_on)
),

outcomes as (
    select
        first_plans.customer_id,
        first_plans.action,
        first_plans.is_holdout,
        first_plans.is_sent,
        first_plans.planned_on,
        case when first_plans.response_until_on <= first_plans.as_of_date then bought.customer_id is not null end
            as has_bought,
        case when first_plans.stay_until_on <= first_plans.as_of_date then stayed.customer_id is not null end
            as has_stayed
    from first_plans
    left join bought on first_plans.customer_id = bought.customer_id and first_plans.action = bought.action
    left join stayed on first_plans.customer_id = stayed.customer_id and first_plans.action = stayed.action
)

select * from outcomes
