-- Answers by source, theme, period and segment.
{% set keys = ['feedback_source', 'theme', 'period_grain', 'period_start', 'period_end', 'is_complete'] %}
with feedback as (
    select * from {{ ref('int_feedback') }}
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
        feedback.*,
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        {{ attributes_of('segments') }}
    from feedback
    inner join date_periods on feedback.answered_on = date_periods.date_day
    inner join periods
        on date_periods.period_grain = periods.period_grain and date_periods.period_start = periods.period_start
    left join segments
        on feedback.customer_id = segments.customer_id and periods.period_start = segments.period_start
),

-- Only scales of five say who is satisfied.
totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(count(*) as bigint) as responses,
        cast(sum(case when is_commented then 1 else 0 end) as bigint) as commented_responses,
        cast(
            sum(
                case
                    when feedback_source in ('csat', 'review') and score >= 4 then 1
                    when feedback_source in ('csat', 'review') then 0
                end
            ) as bigint
        ) as satisfied_responses,
        cast(sum(score) as bigint) as score_sum
    from attributed
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
