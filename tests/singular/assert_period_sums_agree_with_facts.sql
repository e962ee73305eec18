-- What happened in each period, counted from the facts, against every place that shows it. A period that is lost or
-- shifted differs also where the totals over all periods agree.
with orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
),

refunds as (
    select * from {{ ref('fct_refunds') }}
    where is_counted and customer_id is not null
),

responses as (
    select * from {{ ref('fct_survey_responses') }}
    where survey_type = 'nps' and not is_test
),

events as (
    select
        ordered_on as happened_on,
        customer_id as buyer_id,
        1 as orders,
        gross_amount - discount_amount as net_revenue
    from orders

    union all

    select
        refunded_on as happened_on,
        cast(null as {{ dbt.type_string() }}) as buyer_id,
        0 as orders,
        -amount as net_revenue
    from refunds
),

expected as (
    {% for measure, amount in [
        ('orders', 'sum(events.orders)'), ('buyers', 'count(distinct events.buyer_id)'),
        ('net revenue', 'sum(events.net_revenue)')
    ] %}
    select
        '{{ measure }}' as measure,
        'purchase' as part,
        periods.period_grain,
        periods.period_start,
        {{ amount }} as amount
    from events
    inner join {{ ref('int_date_periods') }} as periods on events.happened_on = periods.date_day
    group by periods.period_grain, periods.period_start

    union all
    {% endfor %}

    select
        'responses' as measure,
        windows.window_name as part,
        windows.period_grain,
        windows.period_start,
        count(distinct responses.customer_id) as amount
    from responses
    inner join {{ ref('int_survey_windows') }} as windows
        on responses.responded_on >= windows.window_start and responses.responded_on < windows.seen_until
    group by windows.window_name, windows.period_grain, windows.period_start

    union all

    select
        'rows' as measure,
        basis as part,
        period_grain,
        period_start,
        count(*) as amount
    from {{ ref('int_segment_periods') }}
    where segment_name = 'all'
    group by basis, period_grain, period_start
),

{{ differing_periods([
    ('orders', 'fct_customer_periods', 'basis', 'sum(orders)'),
    ('orders', 'new_vs_returning_by_period', "'purchase'", 'sum(new_orders + returning_orders)'),
    ('orders', 'lifetime_value_by_period', 'basis', 'sum(orders)'),
    ('buyers', 'repeat_purchase_by_period', "'purchase'", 'sum(buyers)'),
    ('buyers', 'new_vs_returning_by_period', "'purchase'", 'sum(new_buyers + returning_buyers)'),
    ('net revenue', 'fct_customer_periods', 'basis', 'sum(net_revenue)'),
    ('net revenue', 'new_vs_returning_by_period', "'purchase'", 'sum(new_net_revenue + returning_net_revenue)'),
    ('net revenue', 'lifetime_value_by_period', 'basis', 'sum(net_revenue)'),
    ('responses', 'nps_by_period', 'window_name', 'sum(responses)'),
    ('rows', 'retention_by_period', 'basis', 'count(*)'),
    ('rows', 'revenue_retention_by_period', 'basis', 'count(*)'),
]) }}
