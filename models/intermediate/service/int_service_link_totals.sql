-- Customers at the end of each period by the worst bucket of their tickets in it, and how many of them the next period
-- lost; only where the next one is complete.
{% set keys = [
    'basis', 'bucket_order', 'resolution_bucket', 'is_reference',
    'period_grain', 'period_start', 'period_end', 'is_complete',
] %}
{% set slices = restated_slices(periods='int_relinked_periods') %}
{{ config(**replace_totals()) }}
with customers as (
    {{ counted_rows('fct_customer_periods', slices) }}
),

next_periods as (
    {{ now_and_replaced('fct_customer_periods') }}
),

worst as (
    {{ now_and_replaced('int_ticket_buckets') }}
),

buckets as (
    select * from {{ ref('resolution_buckets') }}
),

served as (
    select
        customers.basis,
        customers.period_grain,
        customers.period_start,
        customers.period_end,
        customers.is_complete,
        customers.{{ segment_attributes() | join(', customers.') }},
        cast(buckets.bucket_order as int) as bucket_order,
        buckets.resolution_bucket,
        buckets.is_reference,
        next_periods.state = 'lost' as is_lost,
        customers.weight
    from customers
    inner join next_periods
        on
            customers.customer_id = next_periods.customer_id
            and customers.basis = next_periods.basis
            and customers.period_grain = next_periods.period_grain
            and customers.period_end = next_periods.period_start
            and customers.weight = next_periods.weight
    left join worst
        on
            customers.customer_id = worst.customer_id
            and customers.period_grain = worst.period_grain
            and customers.period_start = worst.period_start
            and customers.weight = worst.weight
    inner join buckets
        on
            worst.bucket_order = buckets.bucket_order
            or (worst.bucket_order is null and buckets.ticket_state = 'none')
    where
        customers.is_current_at_end
        and customers.is_complete
        and next_periods.is_current_at_start
        and next_periods.is_complete
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(sum({{ signed(1) }}) as bigint) as customers,
        cast(sum(case when is_lost then {{ signed(1) }} else 0 end) as bigint) as lost_customers
    from served
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='customers', counted_whole='int_relinked_periods') }}

select * from kept_up
