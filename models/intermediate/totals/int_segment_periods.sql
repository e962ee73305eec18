-- Every basis, period and segment of which there is anything to say: also where nobody was current or did
-- anything, but somebody had been a customer before.
with totals as (
    select * from {{ ref('int_period_totals') }}
),

lapsed as (
    select * from {{ ref('int_lapsed_totals') }}
),

pairs as (
    select * from {{ ref('int_buyer_pair_totals') }}
),

lifetime as (
    select * from {{ ref('int_lifetime_totals') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

keys as (
    {% for relation in ['totals', 'lapsed', 'pairs', 'lifetime'] %}
    select
        {{ 'basis' if relation in ['totals', 'lapsed'] else "'purchase' as basis" }},
        period_grain,
        period_start,
        segment_name,
        segment_value
    from {{ relation }}
    {% if not loop.last %}union{% endif %}
    {% endfor %}
),

segment_periods as (
    select
        keys.*,
        periods.period_end,
        periods.is_complete
    from keys
    inner join periods on keys.period_grain = periods.period_grain and keys.period_start = periods.period_start
)

select * from segment_periods
