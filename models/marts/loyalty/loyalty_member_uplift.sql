{% set groups = ['member', 'other'] %}
{% set churn_rates = [
    ('member_churn_rate', 'member_churn_lower_95', 'member_churn_upper_95'),
    ('other_churn_rate', 'other_churn_lower_95', 'other_churn_upper_95'),
] %}
with totals as (
    select * from {{ ref('int_loyalty_comparison_totals') }}
),

rated as (
    select
        *,
        {% for g in groups %}
        {% set at_start, lost = g ~ '_customers_at_start', g ~ '_lost_customers' %}
        {{ segment_rate(g ~ '_net_order_value', g ~ '_orders', g ~ '_buyers') }} as {{ g }}_average_order_value,
        {{ segment_rate(g ~ '_orders', g ~ '_buyers', g ~ '_buyers') }} as {{ g }}_purchase_frequency,
        {{ segment_rate(g ~ '_orders', g ~ '_customers', g ~ '_customers') }} as {{ g }}_orders_per_customer,
        {{ segment_rate(lost, at_start, at_start) }} as {{ g }}_churn_rate,
        case when {{ is_large_enough(at_start) }} then {{ wilson_lower(lost, at_start) }} end as {{ g }}_churn_lower_95,
        case when {{ is_large_enough(at_start) }} then {{ wilson_upper(lost, at_start) }} end as {{ g }}_churn_upper_95,
        {{ ratio_error(
            g ~ '_net_order_value', g ~ '_orders', g ~ '_value_yy', g ~ '_value_xy', g ~ '_orders_xx', g ~ '_buyers'
        ) }} as {{ g }}_order_value_error{% if not loop.last %},{% endif %}
        {% endfor %}
    from totals
),

-- Variances of the mean orders of a customer; who is compared with himself is not independent of himself.
spread as (
    select
        *,
        {% for g in groups %}
        {{ ratio(g ~ '_order_value_error', g ~ '_average_order_value') }} as {{ g }}_relative_error,
        {{ ratio(
            '(' ~ g ~ '_orders_xx - ' ~ g ~ '_orders * ' ~ g ~ '_orders_per_customer)',
            g ~ '_customers * (' ~ g ~ '_customers - 1)'
        ) }} as {{ g }}_orders_variance,
        {% endfor %}
        {{ ratio('member_average_order_value', 'other_average_order_value') }} as aov_ratio,
        {{ ratio('member_purchase_frequency', 'other_purchase_frequency') }} as frequency_ratio,
        case
            when comparison = 'before and after joining' then {{ ratio(
                '(orders_in_both - member_orders * other_orders_per_customer)',
                'member_customers * (member_customers - 1)'
            ) }}
            else 0e0
        end as orders_covariance
    from rated
),

compared as (
    select
        *,
        1.96e0 * aov_ratio * sqrt(
            member_relative_error * member_relative_error + other_relative_error * other_relative_error
        ) as aov_spread,
        member_orders_per_customer - other_orders_per_customer as orders_difference,
        1.96e0 * sqrt(abs(member_orders_variance + other_orders_variance - 2e0 * orders_covariance)) as orders_spread,
        member_churn_rate - other_churn_rate as churn_difference,
        {{ newcombe_lower(*churn_rates) }} as churn_difference_lower_95,
        {{ newcombe_upper(*churn_rates) }} as churn_difference_upper_95
    from spread
),

limited as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        comparison,

        -- counts
        {% for count in ['customers', 'buyers', 'orders', 'customers_at_start', 'lost_customers'] %}
        member_{{ count }},
        other_{{ count }},
        {% endfor %}

        -- money
        {% for amount in ['net_order_value', 'average_order_value'] %}
        member_{{ amount }},
        other_{{ amount }},
        {% endfor %}

        -- rates
        aov_ratio - 1e0 as aov_uplift,
        aov_ratio - 1e0 - aov_spread as aov_uplift_lower_95,
        aov_ratio - 1e0 + aov_spread as aov_uplift_upper_95,
        {% set churn = ['churn_rate', 'churn_lower_95', 'churn_upper_95'] %}
        {% for rate in ['purchase_frequency', 'orders_per_customer'] + churn %}
        member_{{ rate }},
        other_{{ rate }},
        {% endfor %}
        frequency_ratio - 1e0 as frequency_uplift,
        orders_difference,
        orders_difference - orders_spread as orders_difference_lower_95,
        orders_difference + orders_spread as orders_difference_upper_95,
        churn_difference,
        churn_difference_lower_95,
        churn_difference_upper_95,
        churn_difference_lower_95 > 0 or churn_difference_upper_95 < 0 as is_significant_churn_difference
    from compared
)

select * from limited
