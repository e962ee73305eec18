-- What customers had told us that spoke for talking to them: open tickets, bad scores of the 90 days before a forecast.
{% set since = add_days('days.forecast_on', -90) %}
with days as (
    select * from {{ ref('int_forecast_days') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
    where customer_id is not null
),

responses as (
    select * from {{ ref('fct_survey_responses') }}
    where survey_type in ('nps', 'csat')
),

answers as (
    select
        days.forecast_on,
        responses.customer_id,
        responses.survey_type,
        responses.nps_group,
        responses.score,
        responses.responded_on,
        row_number() over (
            partition by days.forecast_on, responses.customer_id, responses.survey_type
            order by responses.responded_at desc nulls last, responses.response_id desc nulls last
        ) as answers_ago
    from responses
    inner join days on responses.responded_on < days.forecast_on and responses.responded_on >= {{ since }}
),

signals as (
    select
        days.forecast_on,
        tickets.customer_id,
        'open_ticket' as signal_name,
        cast(max({{ days_between('tickets.opened_on', 'days.forecast_on') }}) as int) as amount,
        cast(null as int) as other_amount
    from tickets
    inner join days on tickets.opened_on < days.forecast_on and tickets.opened_on >= {{ since }}
    where tickets.solved_on is null or tickets.solved_on >= days.forecast_on
    group by days.forecast_on, tickets.customer_id

    union all

    select
        forecast_on,
        customer_id,
        case survey_type when 'nps' then 'detractor' else 'dissatisfied' end as signal_name,
        cast(score as int) as amount,
        cast({{ days_between('responded_on', 'forecast_on') }} as int) as other_amount
    from answers
    where answers_ago = 1 and (nps_group = 'detractor' or (survey_type = 'csat' and score <= 2))
)

select * from signals
