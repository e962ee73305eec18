-- Rows and amounts counted where they enter and where they arrive: nothing is lost, doubled or swapped on the way.
-- depends_on: {{ ref('customer_lifetime_value') }} (Dagster shows the test there, and runs it with that model)
{{ config(tags=['after_forecasts']) }}
{% set measures = ['orders', 'gross_amount', 'discount_amount', 'net_order_value'] %}
with staged_orders as (
    select
        count(*) as all_rows,
        sum(coalesce(gross_amount, 0)) as gross_amount,
        sum(coalesce(discount_amount, 0)) as discount_amount
    from {{ ref('stg_shop__orders') }}
),

orders as (
    select
        count(*) as all_rows,
        sum(gross_amount_local) as gross_amount,
        sum(discount_amount_local) as discount_amount
    from {{ ref('fct_orders') }}
),

valid_orders as (
    select
        count(*) as orders,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_order_value) as net_order_value
    from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
),

counted_refunds as (
    select sum(amount) as refund_amount
    from {{ ref('fct_refunds') }}
    where is_counted and customer_id is not null
),

customer_periods as (
    select
        {% for measure in measures + ['refund_amount'] %}
        sum(case when basis = 'purchase' then {{ measure }} end) as {{ measure }},
        {% endfor %}
        sum(net_revenue) as net_revenue,
        period_grain
    from {{ ref('fct_customer_periods') }}
    group by period_grain
),

period_marts as (
    select
        period_grain,
        sum(new_net_revenue + returning_net_revenue) as net_revenue
    from {{ ref('new_vs_returning_by_period') }}
    where segment_name = 'all'
    group by period_grain
),

books as (
    {% for measure in ['all_rows', 'gross_amount', 'discount_amount'] %}
    select
        'orders: {{ measure }} staged against fct_orders' as book,
        (select {{ measure }} from staged_orders) as entered,
        (select {{ measure }} from orders) as arrived

    union all
    {% endfor %}

    select
        'refunds: amount staged against fct_refunds' as book,
        (select sum(amount) from {{ ref('stg_shop__refunds') }}) as entered,
        (select sum(amount_local) from {{ ref('fct_refunds') }}) as arrived

    union all

    select
        'responses: rows staged against fct_survey_responses' as book,
        (select count(*) from {{ ref('stg_voice__survey_responses') }}) as entered,
        (select count(*) from {{ ref('fct_survey_responses') }}) as arrived

    {% for grain in var('period_grains') %}
    {% for measure in measures %}
    union all

    select
        'valid orders: {{ measure }} in fct_orders against fct_customer_periods by {{ grain }}' as book,
        (select {{ measure }} from valid_orders) as entered,
        (
            select {{ measure }} from customer_periods
            where period_grain = '{{ grain }}'
        ) as arrived
    {% endfor %}

    union all

    select
        'refunds: amount in fct_refunds against fct_customer_periods by {{ grain }}' as book,
        (select refund_amount from counted_refunds) as entered,
        (
            select refund_amount from customer_periods
            where period_grain = '{{ grain }}'
        ) as arrived

    union all

    select
        'net revenue: fct_customer_periods against new_vs_returning_by_period by {{ grain }}' as book,
        (
            select net_revenue from customer_periods
            where period_grain = '{{ grain }}'
        ) as entered,
        (
            select net_revenue from period_marts
            where period_grain = '{{ grain }}'
        ) as arrived
    {% endfor %}

    union all

    select
        'net revenue: fct_orders and fct_refunds against customer_lifetime_value' as book,
        (select coalesce(gross_amount - discount_amount, 0) from valid_orders)
        - (select coalesce(refund_amount, 0) from counted_refunds) as entered,
        (select sum(net_revenue) from {{ ref('customer_lifetime_value') }}) as arrived

    union all

    select
        'customers: first spells against all cohorts' as book,
        (
            select count(*) from {{ ref('fct_customer_spells') }} as spells
            inner join {{ ref('dim_periods') }} as periods
                on
                    periods.period_grain = 'month' and periods.is_complete
                    and spells.started_on >= periods.period_start and spells.started_on < periods.period_end
            where spells.spell_number = 1
        ) as entered,
        (
            select sum(cohort_customers) from {{ ref('cohort_retention') }}
            where segment_name = 'all' and months_since_start = 0
        ) as arrived

    union all

    select
        'customers: active in complete months against all cohorts' as book,
        (
            select count(*) from {{ ref('fct_customer_periods') }}
            where period_grain = 'month' and is_complete and is_active
        ) as entered,
        (
            select sum(active_customers) from {{ ref('cohort_retention') }}
            where segment_name = 'all'
        ) as arrived
)

select * from books
where coalesce(entered, 0) <> coalesce(arrived, 0)
