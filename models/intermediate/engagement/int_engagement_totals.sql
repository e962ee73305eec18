-- E-mails, visits and interactions added up by period and segment. Before the first visit nobody counted visits: that
-- none is known then does not mean that nobody came. The same goes for interactions.
{% set keys = ['period_grain', 'period_start', 'period_end', 'is_complete'] %}
with customers as (
    select * from {{ ref('int_engagement_customers') }}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(sum(case when is_current_at_start then 1 else 0 end) as bigint) as customers,
        cast(sum(case when emails_delivered > 0 then 1 else 0 end) as bigint) as emailed_customers,
        cast(sum(case when visits > 0 then 1 else 0 end) as bigint) as visitors,
        cast(sum(case when is_current_at_start and visits > 0 then 1 else 0 end) as bigint) as visiting_customers,
        cast(sum(case when customer_id is not null and social_interactions > 0 then 1 else 0 end) as bigint)
            as interacting_customers,
        cast(sum(case when is_current_at_start then social_interactions else 0 end) as bigint)
            as customer_interactions,
        {% for measure in signal_measures() if measure != 'sentiment' %}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
        {% endfor %}
        cast(sum(sentiment) as decimal(18, 4)) as sentiment
    from customers
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

told as (
    select
        min(case when visits > 0 then period_end end) as visits_from,
        min(case when social_interactions > 0 then period_end end) as interactions_from,
        min(case when visits + social_interactions + emails_delivered > 0 then period_end end) as anything_from,
        period_grain
    from customers
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
