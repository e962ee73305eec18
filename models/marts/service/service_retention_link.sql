{% set slow = ['rated.churn_rate', 'rated.lower_95', 'rated.upper_95'] %}
{% set fast = ['fast.churn_rate', 'fast.lower_95', 'fast.upper_95'] %}
with totals as (
    select * from {{ ref('int_service_link_totals') }}
),

-- Before the first ticket nobody knows how customers were served; without any there is nothing to link.
first_ticket as (
    select min(opened_on) as first_opened_on from {{ ref('fct_tickets') }}
),

linked as (
    select totals.*
    from totals
    inner join first_ticket on totals.period_end > first_ticket.first_opened_on
),

rated as (
    select
        *,
        {{ segment_rate('lost_customers', 'customers', 'customers') }} as churn_rate,
        case when {{ is_large_enough('customers') }} then {{ wilson_lower('lost_customers', 'customers') }} end
            as lower_95,
        case when {{ is_large_enough('customers') }} then {{ wilson_upper('lost_customers', 'customers') }} end
            as upper_95
    from linked
),

compared as (
    select
        rated.*,
        rated.churn_rate - fast.churn_rate as churn_difference,
        {{ newcombe_lower(slow, fast) }} as difference_lower_95,
        {{ newcombe_upper(slow, fast) }} as difference_upper_95
    from rated
    left join rated as fast
        on
            {{ same_segment_period('rated', 'fast', ['basis']) }}
            and fast.is_reference
            and not rated.is_reference
),

judged as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        basis,
        resolution_bucket,

        -- counts
        customers,
        lost_customers,

        -- rates
        churn_rate,
        lower_95,
        upper_95,
        churn_difference,
        difference_lower_95,
        difference_upper_95,
        difference_lower_95 > 0 or difference_upper_95 < 0 as is_significant
    from compared
)

select * from judged
