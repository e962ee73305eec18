-- What the marts of sums show is what the rows of the mart beneath add up to: no part is lost, doubled or shifted.
{% set of_cohorts = {'cohorts': ('sum(cohorts)', 'count(*)')} %}
{% for column in [
    'cohort_customers', 'active_customers', 'previous_active_customers', 'current_customers',
    'previous_current_customers', 'on_or_after_customers', 'previous_on_or_after_customers', 'net_revenue',
    'first_net_revenue', 'previous_net_revenue',
] %}
{% do of_cohorts.update({column: 'sum(' ~ column ~ ')'}) %}
{% endfor %}
{% set refused = "sum(case when refused = '{}' then refusals else 0 end)" %}
with {{ differing_sums([
    {
        'mart': 'cohort_averages', 'rows': 'cohort_retention',
        'keys': ['basis', 'segment_name', 'segment_value', 'months_since_start'],
        'measures': of_cohorts,
    },
    {
        'mart': 'rfm_by_segment', 'rows': 'rfm_by_customer',
        'keys': ['rfm_segment'],
        'measures': {
            'customers': ('sum(customers)', 'count(*)'),
            'orders': ('sum(orders)', 'sum(frequency)'),
            'monetary': 'sum(monetary)',
            'recency_days': 'sum(recency_days)',
        },
    },
    {
        'mart': 'refusals_by_reason', 'rows': 'data_quality', 'of_rows': 'rows_quarantined + lines_rejected > 0',
        'keys': ['raw_table'],
        'measures': {
            'rows': (refused.format('row'), 'sum(rows_quarantined)'),
            'lines': (refused.format('line'), 'sum(lines_rejected)'),
        },
    },
]) }}

select * from differences
