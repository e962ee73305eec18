{#
    CTEs round_1 to round_<rounds> after one named round_0 (lots of points with is_passed_over): each finds more lots
    that the queue passes over. Several models of few rounds, because Spark's analyser gives up on one of many.
#}
{% macro fifo_rounds(rounds) -%}
{% set so_far = 'over (partition by account_id order by lot_number nulls last rows unbounded preceding)' %}
{% set before = so_far | replace('unbounded preceding', 'between unbounded preceding and 1 preceding') %}
{% for round in range(1, rounds + 1) %}
added_up_{{ round }} as (
    select
        *,
        sum(case when is_passed_over then 0 else lot_points end) {{ so_far }} as points_so_far
    from round_{{ round - 1 }}
),

served_{{ round }} as (
    select
        *,
        points_so_far
        + min(case when not is_passed_over and queue_until < points_so_far then queue_until - points_so_far else 0 end)
            {{ so_far }} as served_until
    from added_up_{{ round }}
),

round_{{ round }} as (
    select
        entry_id,
        account_id,
        customer_id,
        lot_number,
        lot_points,
        queue_until,
        is_passed_over or coalesce(max(served_until) {{ before }} >= queue_until, false) as is_passed_over
    from served_{{ round }}
){% if not loop.last %},{% endif %}

{% endfor %}
{%- endmacro %}
