-- Each buyer of a period with the net revenue then and in the period after, and the attributes as of the later one.
{% set slices = restated_slices() %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with customer_periods as (
    select * from {{ ref('fct_customer_periods') }}
    where basis = 'purchase'
    {{ only_customers(slices, word='and') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
),

buyers as (
    select
        customer_periods.customer_id,
        periods.period_grain,
        periods.period_start,
        customer_periods.net_revenue as opening_revenue
    from customer_periods
    inner join periods
        on
            customer_periods.period_grain = periods.period_grain
            and customer_periods.period_end = periods.period_start
    where customer_periods.orders > 0
),

touched as (
    select * from buyers
    {{ only(slices) }}
),

pairs as (
    select
        touched.customer_id,
        touched.period_grain,
        touched.period_start,
        touched.opening_revenue,
        coalesce(later.net_revenue, cast(0 as decimal(18, 4))) as retained_revenue,
        {{ attributes_of('segments') }}
    from touched
    left join segments
        on touched.customer_id = segments.customer_id and touched.period_start = segments.period_start
    left join customer_periods as later
        on
            touched.customer_id = later.customer_id
            and touched.period_grain = later.period_grain
            and touched.period_start = later.period_start
)

select * from pairs
