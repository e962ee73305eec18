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
        1 as orders,
        gross_amount - discount_amount as net_revenue
    from orders

    union all

    select
        refunded_on as happened_on,
        0 as orders,
        -amount as net_revenue
    from refunds
),

days as (
    select
        happened_on,
        sum(orders) as orders,
        sum(net_revenue) as net_revenue
    from events
    group by happened_on
),

buyers as (
    select distinct
        orders.customer_id,
        periods.period_grain,
        periods.period_start
    from orders
    inner join {{ ref('int_date_periods') }} as periods on orders.ordered_on = periods.date_day
),

expected as (
    {% for measure, amount in [('orders', 'orders'), ('net revenue', 'net_revenue')] %}
    select
        '{{ measure }}' as measure,
        'purchase' as part,
        periods.period_grain,
        periods.period_start,
        sum(days.{{ amount }}) as amount
    from days
    inner join {{ ref('int_date_periods') }} as periods on days.happened_on = periods.date_day
    group by periods.period_grain, periods.period_start

    union all
    {% endfor %}

    select
        'buyers' as measure,
        'purchase' as part,
        period_grain,
        period_start,
        count(*) as amount
    from buyers
    group by period_grain, period_start

    union all

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
