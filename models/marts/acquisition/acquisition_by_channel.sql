with economics as (
    select * from {{ ref('int_channel_economics') }}
    where channel is not null
),

rated as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        'all' as segment_name,
        'all' as segment_value,
        channel,
        attribution,

        -- counts
        leads,
        new_customers,
        customers_at_start,
        lost_customers,
        first_year_days,

        -- money
        acquire_spend,
        first_year_margin,

        -- rates
        {{ ratio('new_customers', 'leads') }} as conversion_rate,
        cac,
        {{ ratio('acquire_spend', 'new_customers + 1.96 * sqrt(new_customers)') }} as cac_lower_95,
        case
            when new_customers > 3
                then {{ ratio('acquire_spend', 'new_customers - 1.96 * sqrt(new_customers)') }}
        end as cac_upper_95,
        {{ ratio('first_year_margin - acquire_spend', 'acquire_spend') }} as acquisition_roi,
        churn_rate,
        ltv,
        {{ ratio('ltv', 'cac') }} as ltv_to_cac,
        case when monthly_margin > 0 then {{ ratio('cac', 'monthly_margin') }} end as payback_months
    from economics
)

select * from rated
