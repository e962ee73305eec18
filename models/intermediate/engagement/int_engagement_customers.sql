-- Each customer and period with signals, or current at its start, with the attributes as of that start. What nobody
-- is known to have done stands under no customer.
{% set measures = signal_measures() %}
{% set filled = {
    'social_interactions': 'count(*)',
    'community_interactions': 'sum(case when interactions.is_community then 1 else 0 end)',
    'rated_interactions': 'count(interactions.sentiment)',
    'sentiment': 'sum(coalesce(interactions.sentiment, 0))',
} %}
with signals as (
    select * from {{ ref('int_customer_period_signals') }}
),

customer_periods as (
    select * from {{ ref('int_customer_periods') }}
    where is_current_at_start
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

segments as (
    select * from {{ ref('int_customer_segments') }}
),

known as (
    select
        coalesce(signals.customer_id, customer_periods.customer_id) as customer_id,
        coalesce(signals.period_grain, customer_periods.period_grain) as period_grain,
        coalesce(signals.period_start, customer_periods.period_start) as period_start,
        customer_periods.customer_id is not null as is_current_at_start,
        {% for measure in measures %}
        coalesce(signals.{{ measure }}, 0) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from signals
    full outer join customer_periods
        on
            signals.customer_id = customer_periods.customer_id
            and signals.period_grain = customer_periods.period_grain
            and signals.period_start = customer_periods.period_start
),

unknown as (
    select
        cast(null as {{ dbt.type_string() }}) as customer_id,
        date_periods.period_grain,
        date_periods.period_start,
        false as is_current_at_start,
        {% for measure in measures %}
        {{ filled.get(measure, 0) }} as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from interactions
    inner join date_periods on interactions.interacted_on = date_periods.date_day
    group by date_periods.period_grain, date_periods.period_start
),

everybody as (
    select * from known
    union all
    select * from unknown
),

attributed as (
    select
        everybody.customer_id,
        everybody.period_grain,
        everybody.period_start,
        periods.period_end,
        periods.is_complete,
        everybody.is_current_at_start,
        {% for measure in measures %}
        cast(everybody.{{ measure }} as {{ signal_type(measure) }}) as {{ measure }},
        {% endfor %}
        {{ attributes_of('segments') }}
    from everybody
    inner join periods
        on everybody.period_grain = periods.period_grain and everybody.period_start = periods.period_start
    left join segments
        on everybody.customer_id = segments.customer_id and everybody.period_start = segments.period_start
)

select * from attributed
