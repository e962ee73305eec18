-- Customers with one, and with two or more, orders and order days ever by the end of a period, by segment.
{% set keys = ['period_grain', 'period_start'] %}
{{ config(**replace_totals()) }}
with customers as (
    {{ customer_rows('int_order_milestones', touched='int_touched_customers') }}
),

segments as (
    {{ customer_rows('int_customer_segments') }}
),

periods as (
    {{ counted_periods() }}
),

standing as (
    select
        periods.period_grain,
        periods.period_start,
        customers.weight,
        coalesce(customers.second_day_on < periods.seen_until, false) as has_two_days,
        coalesce(customers.second_order_on < periods.seen_until, false) as has_two_orders,
        {{ attributes_of('segments') }}
    from customers
    inner join periods
        on
            customers.first_on < periods.seen_until
            and {{ counts_in('customers', 'periods') }}
    inner join segments
        on
            customers.customer_id = segments.customer_id
            and periods.period_start = segments.period_start
            and customers.weight = segments.weight
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        cast(sum({{ signed(1) }}) as bigint) as lifetime_customers,
        cast(sum(case when has_two_days then {{ signed(1) }} else 0 end) as bigint) as lifetime_repeat_customers,
        cast(sum(case when has_two_orders then {{ signed(1) }} else 0 end) as bigint) as lifetime_repeat_order_customers
    from standing
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='lifetime_customers') }}

select * from kept_up
