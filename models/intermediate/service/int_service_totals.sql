-- Tickets opened in each period, by channel and segment. Medians do not add up, so all channels together are one more.
{% set keys = ['channel', 'period_grain', 'period_start', 'period_end', 'is_complete'] %}
{% set told = [0.5, 0.9] %}
with tickets as (
    select * from {{ ref('fct_tickets') }}
    where not is_test
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
),

attributed as (
    select
        tickets.*,
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        {{ attributes_of('segments') }}
    from tickets
    inner join date_periods on tickets.opened_on = date_periods.date_day
    inner join periods
        on date_periods.period_grain = periods.period_grain and date_periods.period_start = periods.period_start
    left join segments
        on tickets.customer_id = segments.customer_id and periods.period_start = segments.period_start
),

by_channel as (
    {% for channel in ['channel', "'all'"] %}
    select
        {{ channel }} as channel,
        {{ (keys[1:] + segment_attributes()) | join(', ') }},
        first_reply_seconds,
        resolution_seconds,
        csat_score,
        reopened_count,
        initiated_by,
        is_replied,
        is_solved,
        is_solved_within_24h,
        is_reopened,
        is_proactive
    from attributed
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(count(*) as bigint) as tickets,
        cast(count(reopened_count) as bigint) as tickets_with_reopenings_told,
        cast(count(initiated_by) as bigint) as tickets_with_initiator_told,
        {% for flag in ['replied', 'solved', 'solved_within_24h', 'reopened', 'proactive'] %}
        cast(sum(case when is_{{ flag }} then 1 else 0 end) as bigint) as {{ flag }}_tickets,
        {% endfor %}
        cast(sum(case when is_solved or is_reopened then 1 else 0 end) as bigint) as once_solved_tickets,
        cast(count(csat_score) as bigint) as csat_responses,
        cast(sum(case when csat_score >= 4 then 1 else 0 end) as bigint) as satisfied_responses,
        {% for measure in ['first_reply', 'resolution'] %}
        {{ percentile_among(measure ~ '_seconds', 0.5, told) }} as median_{{ measure }}_seconds,
        {{ percentile_among(measure ~ '_seconds', 0.9, told) }} as p90_{{ measure }}_seconds
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from by_channel
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
