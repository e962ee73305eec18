with totals as (
    select * from {{ ref('int_feedback_totals') }}
),

rated as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        feedback_source,
        theme,

        -- counts
        responses,
        commented_responses,
        satisfied_responses,

        -- rates
        {{ segment_rate('satisfied_responses', 'responses', 'responses') }} as satisfied_rate,
        {{ segment_rate('score_sum', 'responses', 'responses') }} as mean_score
    from totals
)

select * from rated
