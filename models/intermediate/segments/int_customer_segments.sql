-- The attributes by which marts are cut, of every customer at the first instant of every period: from what was known
-- then, never from what came after.
{% set slices = segment_slices() %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with versions as (
    select * from {{ ref('int_customer_versions') }}
),

starts as (
    select * from {{ ref('int_customer_period_starts') }}
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

touched as (
    select * from starts
    {{ only(slices) }}
),

recorded as (
    select
        touched.customer_id,
        touched.period_start,
        versions.interests,
        {{ attributes_as_of('versions', 'touched.period_start') }}
    from touched
    inner join versions
        on
            {{ in_force('versions', 'touched.customer_id', 'touched.period_start') }}
),

segments as (
    select
        recorded.*,
        coalesce(plans.plan, 'none') as plan,
        coalesce(tiers.loyalty_tier, 'none') as loyalty_tier,
        coalesce(sales_channels.sales_channel, 'none') as sales_channel,
        coalesce(rfm_scores.rfm_segment, 'none') as rfm_segment,
        coalesce(cast(deciles.value_decile as {{ dbt.type_string() }}), 'none') as value_decile
    from recorded
    left join plans on recorded.customer_id = plans.customer_id and recorded.period_start = plans.period_start
    left join sales_channels
        on
            {{ in_force('sales_channels', 'recorded.customer_id', 'recorded.period_start') }}
    left join tiers
        on
            {{ in_force('tiers', 'recorded.customer_id', 'recorded.period_start') }}
    left join rfm_scores
        on recorded.customer_id = rfm_scores.customer_id and recorded.period_start = rfm_scores.scored_on
    left join deciles
        on recorded.customer_id = deciles.customer_id and recorded.period_start = deciles.scored_on
)

select * from segments
