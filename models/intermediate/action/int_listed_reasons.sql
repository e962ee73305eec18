-- The first three reasons of each customer, and the action that the first one calls for.
with reasons as (
    select * from {{ ref('int_customer_reasons') }}
),

listed as (
    select
        customer_id,
        cast(sum(risk_points) as int) as risk_points,
        max(case when place = 1 then recommended_action end) as recommended_action,
        max(case when place = 1 then from_probability end) as from_probability,
        max(case when place = 1 then signal_name end) as rule_fired,
        {% for place in [1, 2, 3] %}
        max(case when place = {{ place }} then reason end) as reason_{{ place }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from reasons
    group by customer_id
)

select * from listed
