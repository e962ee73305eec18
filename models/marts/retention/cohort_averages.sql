{% set counts = ['active', 'current', 'on_or_after'] %}
{% set keys = ['basis', 'segment_name', 'segment_value', 'months_since_start'] %}
with cells as (
    select * from {{ ref('cohort_retention') }}
),

-- The month before of a cohort's first month is nobody's.
summed as (
    select
        {{ keys | join(',\n        ') }},
        cast(count(*) as bigint) as cohorts,
        cast(sum(cohort_customers) as bigint) as cohort_customers,
        {% for measure in counts %}
        cast(sum({{ measure }}_customers) as bigint) as {{ measure }}_customers,
        cast(sum(previous_{{ measure }}_customers) as bigint) as previous_{{ measure }}_customers,
        {% endfor %}
        {% for measure in ['net_revenue', 'first_net_revenue', 'previous_net_revenue'] %}
        cast(sum({{ measure }}) as decimal(18, 4)) as {{ measure }}{% if not loop.last %},{% endif %}

        {% endfor %}
    from cells
    group by {{ keys | join(', ') }}
),

rated as (
    select
        -- segment and month
        {{ keys | join(',\n        ') }},

        -- counts
        cohorts,
        cohort_customers,
        {% for measure in counts %}
        {{ measure }}_customers,
        previous_{{ measure }}_customers,
        {% endfor %}

        -- rates
        {% for measure in counts %}
        {% set count = measure ~ '_customers' %}
        {{ segment_rate(count, 'cohort_customers', 'cohort_customers') }} as {{ measure }}_rate,
        {{ segment_rate(count, 'previous_' ~ count, 'cohort_customers') }} as {{ measure }}_rate_on_previous,
        {% endfor %}
        {{ segment_rate('net_revenue', 'first_net_revenue', 'cohort_customers') }} as net_revenue_rate,
        {{ segment_rate('net_revenue', 'previous_net_revenue', 'cohort_customers') }} as net_revenue_rate_on_previous,

        -- money
        net_revenue,
        first_net_revenue,
        previous_net_revenue
    from summed
)

select * from rated
