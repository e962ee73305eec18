-- Customers and MRR at the end of each period: every change of the facts before it, added up, against every place
-- that shows them. A period that is lost or shifted differs also where the totals over all periods agree.
with changes as (
    select
        'customers at end' as measure,
        basis as part,
        started_on as changed_on,
        1 as amount
    from {{ ref('fct_customer_spells') }}

    union all

    select
        'customers at end' as measure,
        basis as part,
        ended_on as changed_on,
        -1 as amount
    from {{ ref('fct_customer_spells') }}
    where ended_on is not null

    union all

    select
        'closing MRR' as measure,
        'subscription' as part,
        moved_on as changed_on,
        mrr_change as amount
    from {{ ref('fct_mrr_movements') }}
),

by_day as (
    select
        measure,
        part,
        changed_on,
        sum(amount) as amount
    from changes
    group by measure, part, changed_on
),

expected as (
    select
        by_day.measure,
        by_day.part,
        periods.period_grain,
        periods.period_start,
        sum(by_day.amount) as amount
    from by_day
    inner join {{ ref('dim_periods') }} as periods on by_day.changed_on < periods.seen_until
    group by by_day.measure, by_day.part, periods.period_grain, periods.period_start
),

{{ differing_periods([
    ('customers at end', 'fct_customer_periods', 'basis', 'sum(case when is_current_at_end then 1 else 0 end)'),
    ('customers at end', 'retention_by_period', 'basis', 'sum(customers_at_end)'),
    ('closing MRR', 'fct_customer_periods', 'basis', 'sum(mrr_closing)'),
    ('closing MRR', 'revenue_retention_by_period', 'basis', 'sum(closing_mrr)'),
    ('closing MRR', 'lifetime_value_by_period', 'basis', 'sum(closing_mrr)'),
]) }}
