-- The latest valid NPS answer of each customer in each window, with the attributes as of the period's start.
with responses as (
    select * from {{ ref('fct_survey_responses') }}
    where survey_type = 'nps' and not is_test
),

windows as (
    select * from {{ ref('int_survey_windows') }}
),

versions as (
    select * from {{ ref('int_customer_versions') }}
),

ranked as (
    select
        windows.window_name,
        windows.period_grain,
        windows.period_start,
        windows.period_end,
        windows.is_complete,
        responses.customer_id,
        responses.nps_group,
        cast(row_number() over (
            partition by windows.window_name, windows.period_grain, windows.period_start, responses.customer_id
            order by responses.responded_at desc nulls last, responses.response_id desc nulls last
        ) as int) as answers_ago
    from responses
    inner join windows
        on responses.responded_on >= windows.window_start and responses.responded_on < windows.seen_until
),

latest as (
    select
        ranked.*,
        {{ attributes_as_of('versions', 'ranked.period_start') }}
    from ranked
    inner join versions
        on
            {{ in_force('versions', 'ranked.customer_id', 'ranked.period_start') }}
    where ranked.answers_ago = 1
)

select * from latest
