-- Each customer and period with signals, or current at its start, with the attributes as of that start.
{% set slices = restated_slices() %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
{% set measures = signal_measures() %}
with signals as (
    select * from {{ ref('int_customer_period_signals') }}
    {{ only(slices) }}
),

customer_periods as (
    select * from {{ ref('int_customer_periods') }}
    where
        is_current_at_start
        {{ only(slices, word='and') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
),

everybody as (
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
