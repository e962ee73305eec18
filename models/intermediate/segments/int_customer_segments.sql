-- The attributes by which marts are cut, of every customer at the first instant of every period: from what was known
-- then, never from what came after.
{% set slices = segment_slices() %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with versions as (
    select * from {{ ref('int_customer_versions') }}
),

starts as (
    select
        period_start,
        max(period_end) as latest_end
    from {{ ref('dim_periods') }}
    group by period_start
),

value_days as (
    select * from {{ ref('int_value_days') }}
),

plans as (
    select * from {{ ref('int_customer_plans') }}
),

sales_channels as (
    select * from {{ ref('int_customer_sales_channels') }}
),

tiers as (
    select * from {{ ref('int_loyalty_tier_days') }}
),

rfm_scores as (
    select * from {{ ref('int_rfm_scores') }}
),

deciles as (
    select * from {{ ref('int_value_deciles') }}
),

first_days as (
    select
        customer_id,
        {{ business_day('changed_at') }} as known_on
    from versions
    where version_number = 1

    union all

    select
        customer_id,
        min(happened_on) as known_on
    from value_days
    group by customer_id
),

-- Periods that ended before anything was known of a customer have no row.
known as (
    select
        customer_id,
        min(known_on) as known_on
    from first_days
    group by customer_id
),

recorded as (
    select
        versions.customer_id,
        starts.period_start,
        versions.interests,
        {{ attributes_as_of('versions', 'starts.period_start') }}
    from versions
    inner join starts
        on
            {{ counts_on('versions', 'starts.period_start') }}
    inner join known on versions.customer_id = known.customer_id and starts.latest_end > known.known_on
),

touched as (
    select * from recorded
    {{ only(slices) }}
),

segments as (
    select
        touched.*,
        coalesce(plans.plan, 'none') as plan,
        coalesce(tiers.loyalty_tier, 'none') as loyalty_tier,
        coalesce(sales_channels.sales_channel, 'none') as sales_channel,
        coalesce(rfm_scores.rfm_segment, 'none') as rfm_segment,
        coalesce(cast(deciles.value_decile as {{ dbt.type_string() }}), 'none') as value_decile
    from touched
    left join plans on touched.customer_id = plans.customer_id and touched.period_start = plans.period_start
    left join sales_channels
        on
            {{ in_force('sales_channels', 'touched.customer_id', 'touched.period_start') }}
    left join tiers
        on
            {{ in_force('tiers', 'touched.customer_id', 'touched.period_start') }}
    left join rfm_scores
        on touched.customer_id = rfm_scores.customer_id and touched.period_start = rfm_scores.scored_on
    left join deciles
        on touched.customer_id = deciles.customer_id and touched.period_start = deciles.scored_on
)

select * from segments
