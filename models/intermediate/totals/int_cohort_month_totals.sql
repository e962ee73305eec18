-- What each cohort did in each complete month, by segment as of the cohort's month.
{% set keys = ['basis', 'cohort_month', 'active_month'] %}
{% set slices = restated_slices() %}
{{ config(**replace_totals()) }}
with customers as (
    {{ customer_rows('int_cohort_customers', touched='int_recounted_customers') }}
),

customer_periods as (
    {{ counted_rows('fct_customer_periods', slices) }}
),

months as (
    select * from customer_periods
    where period_grain = 'month' and is_complete
),

activity as (
    select
        customers.*,
        months.period_start as active_month,
        months.is_active,
        months.is_current_at_end,
        months.net_revenue
    from customers
    inner join months
        on
            customers.customer_id = months.customer_id
            and customers.basis = months.basis
            and customers.weight = months.weight
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(sum({{ signed(1) }}) as bigint) as customer_months,
        cast(sum(case when is_active then {{ signed(1) }} else 0 end) as bigint) as active_customers,
        cast(sum(case when is_current_at_end then {{ signed(1) }} else 0 end) as bigint) as current_customers,
        cast(sum({{ signed('net_revenue') }}) as decimal(18, 4)) as net_revenue
    from activity
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='customer_months', periods="'month', active_month") }}

select * from kept_up
