-- Net revenue of a period's buyers, then and in the period after, by segment as of the later one.
{% set keys = ['period_grain', 'period_start'] %}
with customer_periods as (
    select * from {{ ref('fct_customer_periods') }}
    where basis = 'purchase'
),

periods as (
    select * from {{ ref('dim_periods') }}
),

versions as (
    select * from {{ ref('int_customer_versions') }}
),

pairs as (
    select
        periods.period_grain,
        periods.period_start,
        earlier.net_revenue as opening_revenue,
        coalesce(later.net_revenue, cast(0 as decimal(18, 4))) as retained_revenue,
        {{ attributes_as_of('versions', 'periods.period_start') }}
    from customer_periods as earlier
    inner join periods
        on earlier.period_grain = periods.period_grain and earlier.period_end = periods.period_start
    inner join versions
        on
            {{ in_force('versions', 'earlier.customer_id', 'periods.period_start') }}
    left join customer_periods as later
        on
            earlier.customer_id = later.customer_id
            and periods.period_grain = later.period_grain
            and periods.period_start = later.period_start
    where earlier.orders > 0
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(count(*) as bigint) as opening_buyers,
        cast(sum(opening_revenue) as decimal(18, 4)) as opening_revenue,
        cast(sum(retained_revenue) as decimal(18, 4)) as retained_revenue,
        cast(
            sum(case when retained_revenue < opening_revenue then retained_revenue else opening_revenue end)
            as decimal(18, 4)
        ) as kept_revenue
    from pairs
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
