{% set of_cohort = 'partition by basis, segment_name, segment_value, cohort_month' %}
{% set in_order = of_cohort ~ ' order by months_since_start nulls last' %}
with sizes as (
    select * from {{ ref('int_cohort_totals') }}
),

month_totals as (
    select * from {{ ref('int_cohort_month_totals') }}
),

months as (
    select * from {{ ref('dim_periods') }}
    where period_grain = 'month' and is_complete
),

cohorts as (
    select
        basis,
        segment_name,
        segment_value,
        cohort_month,
        cast(sum(customers) as bigint) as cohort_customers
    from sizes
    group by basis, segment_name, segment_value, cohort_month
),

-- Every complete month of every cohort, also those in which nobody was active.
cells as (
    select
        cohorts.*,
        months.period_start as active_month,
        {{ months_between('cohorts.cohort_month', 'months.period_start') }} as months_since_start
    from cohorts
    inner join months on cohorts.cohort_month <= months.period_start
),

on_or_after as (
    select
        cells.basis,
        cells.segment_name,
        cells.segment_value,
        cells.cohort_month,
        cells.active_month,
        cast(sum(sizes.customers) as bigint) as on_or_after_customers
    from cells
    inner join sizes
        on
            cells.basis = sizes.basis
            and cells.segment_name = sizes.segment_name
            and cells.segment_value = sizes.segment_value
            and cells.cohort_month = sizes.cohort_month
            and cells.active_month <= sizes.last_active_month
    group by cells.basis, cells.segment_name, cells.segment_value, cells.cohort_month, cells.active_month
),

counted as (
    select
        cells.*,
        coalesce(month_totals.active_customers, 0) as active_customers,
        coalesce(month_totals.current_customers, 0) as current_customers,
        coalesce(on_or_after.on_or_after_customers, 0) as on_or_after_customers,
        case when cells.basis = 'purchase' then coalesce(month_totals.net_revenue, cast(0 as decimal(18, 4))) end
            as net_revenue
    from cells
    {% for name in ['month_totals', 'on_or_after'] %}
    left join {{ name }}
        on
            cells.basis = {{ name }}.basis
            and cells.segment_name = {{ name }}.segment_name
            and cells.segment_value = {{ name }}.segment_value
            and cells.cohort_month = {{ name }}.cohort_month
            and cells.active_month = {{ name }}.active_month
    {% endfor %}
),

compared as (
    select
        *,
        {% for measure in ['active_customers', 'current_customers', 'on_or_after_customers', 'net_revenue'] %}
        lag({{ measure }}) over ({{ in_order }}) as previous_{{ measure }},
        {% endfor %}
        max(case when months_since_start = 0 then net_revenue end) over ({{ of_cohort }}) as first_net_revenue
    from counted
),

rated as (
    select
        -- cohort and segment
        basis,
        segment_name,
        segment_value,
        cohort_month,
        months_since_start,

        -- counts
        cohort_customers,
        {% for measure in ['active', 'current', 'on_or_after'] %}
        {{ measure }}_customers,
        previous_{{ measure }}_customers,
        {% endfor %}

        -- rates
        {% for measure in ['active', 'current', 'on_or_after'] %}
        {{ segment_rate(measure ~ '_customers', 'cohort_customers', 'cohort_customers') }} as {{ measure }}_rate,
        {{ segment_rate(measure ~ '_customers', 'previous_' ~ measure ~ '_customers', 'cohort_customers') }}
            as {{ measure }}_rate_on_previous,
        {% endfor %}
        {{ segment_rate('net_revenue', 'first_net_revenue', 'cohort_customers') }} as net_revenue_rate,
        {{ segment_rate('net_revenue', 'previous_net_revenue', 'cohort_customers') }} as net_revenue_rate_on_previous,

        -- money
        net_revenue,
        first_net_revenue,
        previous_net_revenue,
        cast(sum(net_revenue) over ({{ in_order }} rows unbounded preceding) as decimal(18, 4))
            as cumulative_net_revenue
    from compared
)

select * from rated
