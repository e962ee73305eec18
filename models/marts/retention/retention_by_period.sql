with segment_periods as (
    select * from {{ ref('int_segment_periods') }}
),

totals as (
    select * from {{ ref('int_period_totals') }}
),

lapsed as (
    select * from {{ ref('int_lapsed_totals') }}
),

counted as (
    select
        segment_periods.*,
        coalesce(totals.customers_at_start, 0) as customers_at_start,
        coalesce(totals.customers_at_end, 0) as customers_at_end,
        {% for state in ['new', 'reactivated', 'lost', 'joined_and_lost', 'reactivated_and_lost'] %}
        coalesce(totals.{{ state }}_customers, 0) as {{ state }}_customers,
        {% endfor %}
        coalesce(totals.new_customers + totals.joined_and_lost_customers, 0) as acquired_customers,
        coalesce(lapsed.lapsed_customers, 0) as lapsed_customers_at_start
    from segment_periods
    left join totals
        on
            {{ same_segment_period('segment_periods', 'totals', ['basis']) }}
    left join lapsed
        on
            {{ same_segment_period('segment_periods', 'lapsed', ['basis']) }}
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
        {{ segment_rate('customers_at_end - new_customers', 'customers_at_start', 'customers_at_start') }}
            as retention_rate,
        {{ segment_rate('customers_at_start - lost_customers', 'customers_at_start', 'customers_at_start') }}
            as start_set_retention_rate,
        {{ segment_rate('lost_customers', 'customers_at_start', 'customers_at_start') }} as churn_rate,
        {{ segment_rate('reactivated_customers', 'lapsed_customers_at_start', 'lapsed_customers_at_start') }}
            as reactivation_rate
    from counted
)

select * from rated
