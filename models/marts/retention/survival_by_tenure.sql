with totals as (
    select * from {{ ref('int_tenure_totals') }}
),

at_risk as (
    select
        *,
        cast(
            sum(customers) over (
                partition by basis, segment_name, segment_value
                order by tenure_days desc nulls last rows unbounded preceding
            ) as bigint
        ) as at_risk_customers
    from totals
),

-- ln(1 - ended / at risk) adds up to ln(survival); where nobody is left the rate is 0.
terms as (
    select
        *,
        case
            when ended_customers < at_risk_customers
                then ln({{ ratio('at_risk_customers - ended_customers', 'at_risk_customers') }})
        end as log_kept,
        case
            when ended_customers < at_risk_customers
                then {{ ratio(ratio('ended_customers', 'at_risk_customers'), 'at_risk_customers - ended_customers') }}
        end as greenwood_term
    from at_risk
    where ended_customers > 0
),

running as (
    select
        *,
        sum(log_kept) over (
            partition by basis, segment_name, segment_value order by tenure_days nulls last rows unbounded preceding
        ) as log_survival,
        sum(greenwood_term) over (
            partition by basis, segment_name, segment_value order by tenure_days nulls last rows unbounded preceding
        ) as greenwood
    from terms
),

rated as (
    select
        *,
        {{ is_large_enough('at_risk_customers') }} as is_large_enough,
        case when log_kept is null then cast(0 as {{ type_double() }}) else exp(log_survival) end as survival,
        -- limits on the log-log scale, which keeps them between 0 and 1
        case when log_kept is not null then {{ ratio('1.96 * sqrt(greenwood)', 'log_survival') }} end as log_log_margin
    from running
),

-- The margin is for sums of logarithms, which may miss one half by their last digit.
medians as (
    select
        basis,
        segment_name,
        segment_value,
        min(tenure_days) as median_tenure_days
    from rated
    where survival < 0.5 + 0.000000001
    group by basis, segment_name, segment_value
),

limited as (
    select
        -- segment and tenure
        rated.basis,
        rated.segment_name,
        rated.segment_value,
        rated.tenure_days,

        -- counts
        rated.at_risk_customers,
        rated.ended_customers,

        -- rates
        case when rated.is_large_enough then rated.survival end as survival_rate,
        case when rated.is_large_enough then exp(exp(-rated.log_log_margin) * rated.log_survival) end as lower_95,
        case when rated.is_large_enough then exp(exp(rated.log_log_margin) * rated.log_survival) end as upper_95,

        -- numbers
        medians.median_tenure_days
    from rated
    left join medians
        on
            rated.basis = medians.basis
            and rated.segment_name = medians.segment_name
            and rated.segment_value = medians.segment_value
)

select * from limited
