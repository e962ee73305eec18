{% set measures = [
    'months_since_launch', 'customers_at_end', 'retention_change', 'ltv_to_cac', 'cac_change', 'retain_to_acquire_cost'
] %}
with economics as (
    select * from {{ ref('int_channel_economics') }}
    where channel is null and attribution = 'first_touch'
),

launch as (
    select min(started_on) as launched_on from {{ ref('int_customer_starts') }}
),

rules as (
    select * from {{ ref('growth_rules') }}
),

rated as (
    select
        economics.*,
        cast({{ months_between('launch.launched_on', 'economics.period_end') }} as int) as months_since_launch,
        1 - economics.churn_rate as retention_rate,
        {{ ratio('economics.ltv', 'economics.cac') }} as ltv_to_cac,
        {{ ratio('economics.retain_spend', 'economics.customers_at_start - economics.lost_customers') }}
            as cost_to_retain
    from economics
    cross join launch
),

compared as (
    select
        rated.*,
        {{ ratio('rated.cac - earlier.cac', 'earlier.cac') }} as cac_change,
        rated.retention_rate - earlier.retention_rate as retention_change,
        {{ ratio('rated.cost_to_retain', 'rated.cac') }} as retain_to_acquire_cost
    from rated
    left join rated as earlier
        on rated.period_grain = earlier.period_grain and rated.period_start = earlier.period_end
),

measured as (
    {% for measure in measures %}
    select
        period_grain,
        period_start,
        '{{ measure }}' as measure,
        cast({{ measure }} as {{ type_double() }}) as value
    from compared
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

fired as (
    select
        measured.period_grain,
        measured.period_start,
        min(rules.rule_order) as rule_order
    from measured
    inner join rules
        on
            measured.measure = rules.measure
            and (
                (rules.comparison = 'below' and measured.value < rules.threshold)
                or (rules.comparison = 'above' and measured.value > rules.threshold)
            )
    group by measured.period_grain, measured.period_start
),

judged as (
    select
        -- period and segment
        compared.period_grain,
        compared.period_start,
        compared.period_end,
        compared.is_complete,
        'all' as segment_name,
        'all' as segment_value,

        -- counts
        compared.months_since_launch,
        compared.new_customers,
        compared.customers_at_start,
        compared.lost_customers,
        compared.customers_at_end,

        -- money
        compared.acquire_spend,
        compared.retain_spend,

        -- rates
        compared.cac,
        compared.cac_change,
        compared.retention_rate,
        compared.retention_change,
        compared.ltv,
        compared.ltv_to_cac,
        compared.cost_to_retain,
        compared.retain_to_acquire_cost,

        -- text
        rules.verdict,
        rules.rule as rule_fired,
        rules.explanation as rule_explained
    from compared
    inner join fired
        on compared.period_grain = fired.period_grain and compared.period_start = fired.period_start
    inner join rules on fired.rule_order = rules.rule_order
)

select * from judged
