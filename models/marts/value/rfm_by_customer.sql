with scores as (
    select * from {{ ref('int_rfm_scores') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

scored as (
    select
        -- ids
        scores.customer_id,

        -- numbers
        scores.recency_days,
        scores.frequency,
        scores.monetary,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,

        -- text
        scores.rfm_segment,

        -- times
        scores.scored_on as as_of_on
    from scores
    inner join as_of on scores.scored_on = as_of.as_of_date
)

select * from scored
