-- By how much each subscription's MRR changed on a day, with the cause that its new term states.
{% set slices = {'customer_id': 'int_restated_customers'} %}
{{ config(**replace_slices(slices)) }}
with terms as (
    select * from {{ ref('int_subscription_terms') }}
    {{ only(slices) }}
),

steps as (
    select
        customer_id,
        subscription_id,
        started_on as moved_on,
        mrr,
        change_cause,
        started_at,
        term_id
    from terms

    union all

    select
        customer_id,
        subscription_id,
        ended_on as moved_on,
        -mrr as mrr,
        cast(null as {{ dbt.type_string() }}) as change_cause,
        started_at,
        term_id
    from terms
    where ended_on is not null
),

ordered as (
    select
        *,
        row_number() over (
            partition by customer_id, subscription_id, moved_on
            order by
                case when change_cause is null then 1 else 0 end nulls last,
                started_at desc nulls last,
                term_id desc nulls last
        ) as step_number
    from steps
),

-- A subscription that ends while the customer keeps another one is a change of plan.
changes as (
    select
        customer_id,
        subscription_id,
        moved_on,
        coalesce(max(case when step_number = 1 then change_cause end), 'plan') as change_cause,
        cast(sum(mrr) as decimal(18, 4)) as mrr_change
    from ordered
    group by customer_id, subscription_id, moved_on
    having sum(mrr) <> 0
)

select * from changes
