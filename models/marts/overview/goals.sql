with goals as (
    select * from {{ ref('metric_goals') }}
),

stated as (
    select
        metric_name,
        basis,
        period_grain,
        cast(goal_value as {{ type_double() }}) as goal_value,
        explanation
    from goals
)

select * from stated
