-- The worst bucket of each customer's tickets opened in each complete period, as it was known when the period ended:
-- what came later, such as a ticket closed because the customer left, must not tell how the customer was served.
{% set slices = restated_slices() %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with tickets as (
    select * from {{ ref('fct_tickets') }}
    where customer_id is not null and not is_test
    {{ only_customers(slices, word='and') }}
),

buckets as (
    select * from {{ ref('resolution_buckets') }}
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
    where is_complete
),

in_periods as (
    select
        tickets.customer_id,
        periods.period_grain,
        periods.period_start,
        case when tickets.solved_on < periods.period_end then 'solved' else 'unsolved' end as ticket_state,
        case when tickets.solved_on < periods.period_end then tickets.resolution_hours end as resolution_hours
    from tickets
    inner join date_periods on tickets.opened_on = date_periods.date_day
    inner join periods
        on date_periods.period_grain = periods.period_grain and date_periods.period_start = periods.period_start
),

worst as (
    select
        in_periods.customer_id,
        in_periods.period_grain,
        in_periods.period_start,
        cast(max(buckets.bucket_order) as int) as bucket_order
    from in_periods
    inner join buckets
        on
            in_periods.ticket_state = buckets.ticket_state
            and (buckets.more_than_hours is null or in_periods.resolution_hours > buckets.more_than_hours)
            and (buckets.at_most_hours is null or in_periods.resolution_hours <= buckets.at_most_hours)
    {{ only(slices) }}
    group by in_periods.customer_id, in_periods.period_grain, in_periods.period_start
)

select * from worst
