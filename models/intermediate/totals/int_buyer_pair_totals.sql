-- Net revenue of a period's buyers, then and in the period after, by segment as of the later one.
{% set keys = ['period_grain', 'period_start'] %}
{% set slices = restated_slices() %}
{{ config(**replace_totals()) }}
with pairs as (
    {{ counted_rows('int_buyer_pairs', slices) }}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(sum({{ signed(1) }}) as bigint) as opening_buyers,
        cast(sum({{ signed('opening_revenue') }}) as decimal(18, 4)) as opening_revenue,
        cast(sum({{ signed('retained_revenue') }}) as decimal(18, 4)) as retained_revenue,
        cast(
            sum(
                case
                    when retained_revenue < opening_revenue then {{ signed('retained_revenue') }}
                    else {{ signed('opening_revenue') }}
                end
            )
            as decimal(18, 4)
        ) as kept_revenue
    from pairs
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='opening_buyers') }}

select * from kept_up
