with totals as (
    select * from {{ ref('int_period_totals') }}
),

lapsed as (
    select * from {{ ref('int_lapsed_totals') }}
),

counted as (
    select
        totals.*,
        totals.new_customers + totals.joined_and_lost_customers as acquired_customers,
        coalesce(lapsed.lapsed_customers, 0) as lapsed_customers_at_start
    from totals
    left join lapsed
        on
            totals.basis = lapsed.basis
            and totals.period_grain = lapsed.period_grain
            and totals.period_start = lapsed.period_start
            and totals.segment_name = lapsed.segment_name
            and totals.segment_value = lapsed.segment_value
),

rated as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        basis,

        -- counts
        customers_at_start,
        new_customers,
        reactivated_customers,
        lost_customers,
        customers_at_end,
        acquired_customers,
        joined_and_lost_customers,
        reactivated_and_lost_customers,
        lapsed_customers_at_start,

        -- rates
        {{ segment_rate('customers_at_end - new_customers', 'customers_at_start', 'customers_at_start') }} as retention_rate,
        {{ segment_rate('customers_at_start - lost_customers', 'customers_at_start', 'customers_at_start') }}
            as start_set_retention_rate,
        {{ segment_rate('lost_customers', 'customers_at_start', 'customers_at_start') }} as churn_rate,
        {{ segment_rate('reactivated_customers', 'lapsed_customers_at_start', 'lapsed_customers_at_start') }} as reactivation_rate
    from counted
)

select * from rated
