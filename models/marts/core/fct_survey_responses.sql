{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with responses as (
    select * from {{ ref('stg_voice__survey_responses') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
    {{ only(slices) }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

answered as (
    select
        -- ids
        responses.response_id,
        responses.invitation_id,
        identities.customer_id,

        -- text
        responses.survey_type,
        responses.touchpoint,
        case
            when responses.survey_type = 'nps' and responses.score >= 9 then 'promoter'
            when responses.survey_type = 'nps' and responses.score >= 7 then 'passive'
            when responses.survey_type = 'nps' then 'detractor'
        end as nps_group,

        -- numbers
        responses.score,

        -- flags
        coalesce(customers.is_test, false) as is_test,

        -- times
        {{ business_day('responses.responded_at') }} as responded_on,
        responses.responded_at
    from responses
    inner join identities on responses.customer_id = identities.record_id
    left join customers on identities.customer_id = customers.customer_id
)

select * from answered
