-- int_customer_periods added up by period and segment: customers on any basis.
{% set keys = ['period_grain', 'period_start', 'period_end', 'is_complete'] %}
{% set slices = restated_slices() %}
{{ config(**replace_totals()) }}
with customer_periods as (
    {{ counted_rows('int_customer_periods', slices) }}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(sum({{ signed(1) }}) as bigint) as customer_periods,
        cast(sum(case when is_current_at_start then {{ signed(1) }} else 0 end) as bigint) as customers_at_start,
        cast(sum(case when is_current_at_end then {{ signed(1) }} else 0 end) as bigint) as customers_at_end
    from customer_periods
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='customer_periods') }}

select * from kept_up
