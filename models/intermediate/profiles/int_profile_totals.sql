-- New and returning buyers of each period added up by segment: what they spent, and what they responded to.
{% set keys = ['customer_group', 'period_grain', 'period_start', 'period_end', 'is_complete'] %}
{% set slices = restated_slices() %}
{{ config(**replace_totals()) }}
with customer_periods as (
    {{ counted_rows('fct_customer_periods', slices) }}
),

buyers as (
    select
        *,
        case when is_first_order_inside then 'new' else 'returning' end as customer_group
    from customer_periods
    where orders > 0
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        {% for measure, type in profile_measures().items() %}
        cast(sum({{ signed(measure) }}) as {{ type }}) as {{ measure }},
        {% endfor %}
        cast(sum({{ signed(1) }}) as bigint) as customers
    from buyers
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='customers') }}

select * from kept_up
