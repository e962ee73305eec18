-- Customers whose periods are cut or told anew: restated ones, and those who stand otherwise among all customers at the
-- start of a period than at the last build, because of what others did.
with restated as (
    select * from {{ ref('int_restated_customers') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

periods_earlier as (
    select * from {{ as_last_built('dim_periods') }}
),

starts as (
    select distinct periods.period_start as scored_on
    from periods
    inner join periods_earlier on periods.period_start = periods_earlier.period_start
),

sides as (
    {% for scores, score in [('int_rfm_scores', 'rfm_segment'), ('int_value_deciles', 'value_decile')] %}
    select
        customer_id,
        scored_on,
        '{{ score }}' as score_name,
        cast({{ score }} as {{ dbt.type_string() }}) as score,
        1 as side
    from {{ ref(scores) }}
    {{ only({'scored_on': 'int_changed_scored_days'}) }}

    union all

    select
        customer_id,
        scored_on,
        '{{ score }}' as score_name,
        cast({{ score }} as {{ dbt.type_string() }}) as score,
        -1 as side
    from {{ as_replaced(scores) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

differing as (
    select
        sides.customer_id,
        sides.scored_on,
        sides.score_name,
        sides.score
    from sides
    inner join starts on sides.scored_on = starts.scored_on
    group by sides.customer_id, sides.scored_on, sides.score_name, sides.score
    having sum(sides.side) <> 0
),

resegmented as (
    select customer_id from restated

    union

    select customer_id from differing
    where {{ 'true' if is_continued() else 'false' }}
)

select * from resegmented
