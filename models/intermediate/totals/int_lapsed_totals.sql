-- Customers who had been customers before a period and were none at its start, by basis and segment.
{% set keys = ['basis', 'period_grain', 'period_start'] %}
with spells as (
    select * from {{ ref('fct_customer_spells') }}
),

versions as (
    select * from {{ ref('int_customer_versions') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

gaps as (
    select
        customer_id,
        basis,
        ended_on,
        lead(started_on) over (partition by customer_id, basis order by spell_number nulls last) as next_started_on
    from spells
),

lapsed as (
    select
        gaps.basis,
        periods.period_grain,
        periods.period_start,
        {{ attributes_as_of('versions', 'periods.period_start') }}
    from gaps
    inner join periods
        on
            gaps.ended_on < periods.period_start
            and (gaps.next_started_on is null or gaps.next_started_on >= periods.period_start)
    inner join versions
        on
            {{ in_force('versions', 'gaps.customer_id', 'periods.period_start') }}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(count(*) as bigint) as lapsed_customers
    from lapsed
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
