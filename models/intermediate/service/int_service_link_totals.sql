-- Customers at the end of each period by the worst bucket of their tickets in it, and how many of them the next period
-- lost; only where the next one is complete.
{% set keys = [
    'basis', 'bucket_order', 'resolution_bucket', 'is_reference',
    'period_grain', 'period_start', 'period_end', 'is_complete',
] %}
with customers as (
    select * from {{ ref('fct_customer_periods') }}
    where is_current_at_end and is_complete
),

next_periods as (
    select * from {{ ref('fct_customer_periods') }}
    where is_current_at_start and is_complete
),

-- Before the first ticket nobody knows how customers were served; without any there is nothing to link.
first_ticket as (
    select min(opened_on) as first_opened_on from {{ ref('fct_tickets') }}
),

worst as (
    select * from {{ ref('int_ticket_buckets') }}
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
        next_periods.state = 'lost' as is_lost
    from customers
    inner join next_periods
        on
            customers.customer_id = next_periods.customer_id
            and customers.basis = next_periods.basis
            and customers.period_grain = next_periods.period_grain
            and customers.period_end = next_periods.period_start
    inner join first_ticket on customers.period_end > first_ticket.first_opened_on
    left join worst
        on
            customers.customer_id = worst.customer_id
            and customers.period_grain = worst.period_grain
            and customers.period_start = worst.period_start
    inner join buckets
        on
            worst.bucket_order = buckets.bucket_order
            or (worst.bucket_order is null and buckets.ticket_state = 'none')
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(count(*) as bigint) as customers,
        cast(sum(case when is_lost then 1 else 0 end) as bigint) as lost_customers
    from served
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
