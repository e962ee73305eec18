-- int_losses added up by period, segment, basis and cause.
{% set keys = [
    'period_grain', 'period_start', 'period_end', 'is_complete', 'basis', 'cause', 'is_stated', 'is_voluntary'
] %}
{% set slices = restated_slices() %}
{{ config(**replace_totals()) }}
with losses as (
    {{ counted_rows('int_losses', slices) }}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(sum({{ signed(1) }}) as bigint) as losses,
        cast(sum({{ signed('lost_customers') }}) as bigint) as lost_customers,
        cast(sum({{ signed('churned_mrr') }}) as decimal(18, 4)) as churned_mrr,
        cast(sum({{ signed('contraction_mrr') }}) as decimal(18, 4)) as contraction_mrr
    from losses
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='losses') }}

select * from kept_up
