-- The signals that each customer left in each period.
{% set slices = restated_slices() %}
{{ config(**replace_slices(slices)) }}
{% set measures = signal_measures() + ['tickets', 'acts'] %}
with days as (
    select * from {{ ref('int_customer_signal_days') }}
    {{ only_customers(slices) }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
    where resolution_seconds is not null and customer_id is not null and not is_test
    {{ only_customers(slices, word='and') }}
),

responses as (
    select * from {{ ref('fct_survey_responses') }}
    where survey_type in ('nps', 'csat') and not is_test
    {{ only_customers(slices, word='and') }}
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

sums as (
    select
        days.customer_id,
        date_periods.period_grain,
        date_periods.period_start,
        {% for measure in measures %}
        sum(days.{{ measure }}) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from days
    inner join date_periods on days.happened_on = date_periods.date_day
    {{ only(slices) }}
    group by days.customer_id, date_periods.period_grain, date_periods.period_start
),

resolutions as (
    select
        tickets.customer_id,
        date_periods.period_grain,
        date_periods.period_start,
        {{ percentile('tickets.resolution_seconds', 0.5) }} as median_resolution_seconds
    from tickets
    inner join date_periods on tickets.opened_on = date_periods.date_day
    {{ only(slices) }}
    group by tickets.customer_id, date_periods.period_grain, date_periods.period_start
),

ranked as (
    select
        responses.customer_id,
        date_periods.period_grain,
        date_periods.period_start,
        responses.survey_type,
        responses.score,
        row_number() over (
            partition by
                responses.customer_id, date_periods.period_grain, date_periods.period_start, responses.survey_type
            order by responses.responded_at desc nulls last, responses.response_id desc nulls last
        ) as answers_ago
    from responses
    inner join date_periods on responses.responded_on = date_periods.date_day
    {{ only(slices) }}
),

scores as (
    select
        customer_id,
        period_grain,
        period_start,
        max(case when survey_type = 'nps' then score end) as last_nps_score,
        max(case when survey_type = 'csat' then score end) as last_csat_score
    from ranked
    where answers_ago = 1
    group by customer_id, period_grain, period_start
),

signals as (
    select
        sums.customer_id,
        sums.period_grain,
        sums.period_start,
        {% for measure in measures if measure not in ['sentiment', 'acts'] %}
        cast(sums.{{ measure }} as {{ 'bigint' if measure == 'visit_seconds' else 'int' }}) as {{ measure }},
        {% endfor %}
        cast(sums.sentiment as decimal(18, 4)) as sentiment,
        {{ seconds_as(60, 'sums.visit_seconds') }} as visit_minutes,
        {{ ratio('resolutions.median_resolution_seconds', 3600) }} as median_resolution_hours,
        scores.last_nps_score,
        scores.last_csat_score,
        sums.acts > 0 as has_acted
    from sums
    {% for relation in ['resolutions', 'scores'] %}
    left join {{ relation }}
        on
            sums.customer_id = {{ relation }}.customer_id
            and sums.period_grain = {{ relation }}.period_grain
            and sums.period_start = {{ relation }}.period_start
    {% endfor %}
)

select * from signals
