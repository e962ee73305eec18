-- The days at whose first instant customers are scored: the as-of date, and, where a mart is cut by scores, the start
-- of every period.
with as_of as (
    select * from {{ ref('int_as_of') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

days as (
    select as_of_date as scored_on from as_of
    {% if scored_segments() %}
    union

    select period_start as scored_on from periods
    {% endif %}
)

select * from days
