-- NPS invitations sent in each window, with the attributes as of the period's start.
{% set slices = restated_slices('int_restated_respondents') %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with invitations as (
    select * from {{ ref('stg_voice__survey_invitations') }}
    where survey_type = 'nps'
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test
    {{ only_customers(slices, word='and') }}
),

windows as (
    select * from {{ ref('int_survey_window_days') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
),

sent as (
    select
        customers.customer_id,
        {{ business_day('invitations.sent_at') }} as sent_on
    from invitations
    inner join identities on invitations.customer_id = identities.record_id
    inner join customers on identities.customer_id = customers.customer_id
),

in_windows as (
    select
        sent.customer_id,
        windows.window_name,
        windows.period_grain,
        windows.period_start,
        windows.period_end,
        windows.is_complete
    from sent
    inner join windows on sent.sent_on = windows.date_day
),

touched as (
    select * from in_windows
    {{ only(slices) }}
),

attributed as (
    select
        touched.*,
        {{ attributes_of('segments') }}
    from touched
    left join segments
        on touched.customer_id = segments.customer_id and touched.period_start = segments.period_start
)

select * from attributed
