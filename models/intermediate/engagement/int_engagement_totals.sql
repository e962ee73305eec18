-- E-mails, visits and interactions by period and segment, with interactions of which nobody knows whose they are; those
-- are in the segment unknown. Before the first visit nobody counted visits: that none is known then does not mean that
-- nobody came. The same goes for interactions.
{% set keys = ['period_grain', 'period_start', 'period_end', 'is_complete'] %}
{% set segment = ['segment_name', 'segment_value'] %}
{% set customers = [
    'customers', 'emailed_customers', 'visitors', 'visiting_customers', 'interacting_customers',
    'customer_interactions',
] %}
{% set of_nobody = ['social_interactions', 'community_interactions', 'rated_interactions', 'sentiment'] %}
with sums as (
    select * from {{ ref('int_engagement_sums') }}
),

interactions as (
    select * from {{ ref('int_social_interactions') }}
    where customer_id is null
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

unknown as (
    select
        {% for key in keys %}
        periods.{{ key }},
        {% endfor %}
        cast(count(*) as bigint) as social_interactions,
        cast(sum(case when interactions.is_community then 1 else 0 end) as bigint) as community_interactions,
        cast(count(interactions.sentiment) as bigint) as rated_interactions,
        sum(coalesce(interactions.sentiment, 0)) as sentiment
    from interactions
    inner join date_periods on interactions.interacted_on = date_periods.date_day
    inner join periods
        on date_periods.period_grain = periods.period_grain and date_periods.period_start = periods.period_start
    group by periods.{{ keys | join(', periods.') }}
),

everybody as (
    select
        {{ (keys + segment + customers + signal_measures()) | join(',\n        ') }}
    from sums

    {% for name in ['all'] + chosen_segments() %}
    union all

    select
        {{ keys | join(',\n        ') }},
        '{{ name }}' as segment_name,
        '{{ 'all' if name == 'all' else 'unknown' }}' as segment_value,
        {% for column in customers + signal_measures() %}
        {{ column if column in of_nobody else 0 }} as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from unknown
    {% endfor %}
),

totals as (
    select
        {{ (keys + segment) | join(',\n        ') }},
        {% for column in customers + signal_measures() %}
        cast(sum({{ column }}) as {{ signal_type(column) }}) as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from everybody
    group by {{ (keys + segment) | join(', ') }}
),

told as (
    select
        min(case when visits > 0 then period_end end) as visits_from,
        min(case when social_interactions > 0 then period_end end) as interactions_from,
        min(case when visits + social_interactions + emails_delivered > 0 then period_end end) as anything_from,
        period_grain
    from totals
    where segment_name = 'all'
    group by period_grain
),

judged as (
    select
        totals.*,
        coalesce(totals.period_end >= told.visits_from, false) as has_visits_told,
        coalesce(totals.period_end >= told.interactions_from, false) as has_interactions_told
    from totals
    inner join told
        on totals.period_grain = told.period_grain and totals.period_end >= told.anything_from
)

select * from judged
