-- The latest valid NPS answer of each customer in each window, with the attributes as of the period's start.
{% set slices = restated_slices('int_restated_respondents') %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with responses as (
    select * from {{ ref('fct_survey_responses') }}
    where survey_type = 'nps' and not is_test
    {{ only_customers(slices, word='and') }}
),

windows as (
    select * from {{ ref('int_survey_window_days') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
),

in_windows as (
    select
        windows.window_name,
        windows.period_grain,
        windows.period_start,
        windows.period_end,
        windows.is_complete,
        responses.customer_id,
        responses.nps_group,
        responses.responded_at,
        responses.response_id
    from responses
    inner join windows
        on responses.responded_on = windows.date_day
),

ranked as (
    select
        window_name,
        period_grain,
        period_start,
        period_end,
        is_complete,
        customer_id,
        nps_group,
        cast(row_number() over (
            partition by window_name, period_grain, period_start, customer_id
            order by responded_at desc nulls last, response_id desc nulls last
        ) as int) as answers_ago
    from in_windows
    {{ only(slices) }}
),

latest as (
    select
        ranked.*,
        {{ attributes_of('segments') }}
    from ranked
    left join segments
        on ranked.customer_id = segments.customer_id and ranked.period_start = segments.period_start
    where ranked.answers_ago = 1
)

select * from latest
