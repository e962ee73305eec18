-- What customers told us that speaks for talking to them today: open tickets, bad scores of the last 90 days.
{% set since = add_days('as_of.as_of_date', -90) %}
with as_of as (
    select * from {{ ref('int_as_of') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
    where customer_id is not null
),

responses as (
    select
        *,
        row_number() over (
            partition by customer_id, survey_type order by responded_at desc nulls last, response_id desc nulls last
        ) as answers_ago
    from {{ ref('fct_survey_responses') }}
),

signals as (
    select
        tickets.customer_id,
        'open_ticket' as signal_name,
        cast(max({{ days_between('tickets.opened_on', 'as_of.as_of_date') }}) as int) as amount,
        cast(null as int) as other_amount
    from tickets
    cross join as_of
    where tickets.solved_on is null and tickets.opened_on >= {{ since }}
    group by tickets.customer_id

    union all

    select
        responses.customer_id,
        case responses.survey_type when 'nps' then 'detractor' else 'dissatisfied' end as signal_name,
        cast(responses.score as int) as amount,
        cast({{ days_between('responses.responded_on', 'as_of.as_of_date') }} as int) as other_amount
    from responses
    cross join as_of
    where
        responses.answers_ago = 1
        and responses.responded_on >= {{ since }}
        and (responses.nps_group = 'detractor' or (responses.survey_type = 'csat' and responses.score <= 2))
)

select * from signals
