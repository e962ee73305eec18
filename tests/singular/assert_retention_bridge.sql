-- customers_at_start + new + reactivated - lost = customers_at_end, in every row; and for the whole, the end of
-- one period is the start of the next.
with retention as (
    select
        *,
        lead(customers_at_start) over (
            partition by basis, period_grain, segment_name, segment_value order by period_start nulls last
        ) as next_start,
        lead(period_start) over (
            partition by basis, period_grain, segment_name, segment_value order by period_start nulls last
        ) as next_period
    from {{ ref('retention_by_period') }}
)

select * from retention
where
    customers_at_start + new_customers + reactivated_customers - lost_customers <> customers_at_end
    or (segment_name = 'all' and next_period = period_end and next_start <> customers_at_end)
    or (segment_name = 'all' and next_period > period_end and (customers_at_end <> 0 or next_start <> 0))
