-- Customers who had been customers before a period and were none at its start, by basis and segment.
{% set keys = ['basis', 'period_grain', 'period_start'] %}
{{ config(**replace_totals()) }}
with spells as (
    {{ customer_rows('fct_customer_spells', touched='int_restated_customers') }}
),

segments as (
    {{ customer_rows('int_customer_segments') }}
),

periods as (
    {{ counted_periods() }}
),

gaps as (
    select
        customer_id,
        basis,
        weight,
        in_all_periods,
        ended_on,
        lead(started_on) over (
            partition by customer_id, basis, weight order by spell_number nulls last
        ) as next_started_on
    from spells
),

lapsed as (
    select
        gaps.basis,
        gaps.weight,
        periods.period_grain,
        periods.period_start,
        {{ attributes_of('segments') }}
    from gaps
    inner join periods
        on
            gaps.ended_on < periods.period_start
            and (gaps.next_started_on is null or gaps.next_started_on >= periods.period_start)
            and {{ counts_in('gaps', 'periods') }}
    inner join segments
        on
            gaps.customer_id = segments.customer_id
            and periods.period_start = segments.period_start
            and gaps.weight = segments.weight
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(sum({{ signed(1) }}) as bigint) as lapsed_customers
    from lapsed
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='lapsed_customers') }}

select * from kept_up
