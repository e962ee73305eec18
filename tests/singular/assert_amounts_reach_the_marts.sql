-- Rows and amounts counted where they enter and where they arrive: nothing is lost, doubled or swapped on the way.
with books as (
    {% for measure in ['gross_amount', 'discount_amount'] %}
    select
        'orders: {{ measure }} staged against fct_orders' as book,
        (select sum(coalesce({{ measure }}, 0)) from {{ ref('stg_shop__orders') }}) as entered,
        (select sum({{ measure }}_local) from {{ ref('fct_orders') }}) as arrived

    union all
    {% endfor %}

    select
        'orders: rows staged against fct_orders' as book,
        (select count(*) from {{ ref('stg_shop__orders') }}) as entered,
        (select count(*) from {{ ref('fct_orders') }}) as arrived

    union all

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
    {% for measure, fact in [('orders', 'count(*)'), ('gross_amount', 'sum(gross_amount)'),
        ('discount_amount', 'sum(discount_amount)'), ('net_order_value', 'sum(net_order_value)')] %}
    union all

    select
        'valid orders: {{ measure }} in fct_orders against fct_customer_periods by {{ grain }}' as book,
        (
            select {{ fact }} from {{ ref('fct_orders') }}
            where is_valid and customer_id is not null
        ) as entered,
        (
            select sum({{ measure }}) from {{ ref('fct_customer_periods') }}
            where period_grain = '{{ grain }}' and basis = 'purchase'
        ) as arrived
    {% endfor %}

    union all

    select
        'refunds: amount in fct_refunds against fct_customer_periods by {{ grain }}' as book,
        (
            select sum(amount) from {{ ref('fct_refunds') }}
            where is_counted and customer_id is not null
        ) as entered,
        (
            select sum(refund_amount) from {{ ref('fct_customer_periods') }}
            where period_grain = '{{ grain }}' and basis = 'purchase'
        ) as arrived

    union all

    select
        'net revenue: fct_customer_periods against new_vs_returning_by_period by {{ grain }}' as book,
        (
            select sum(net_revenue) from {{ ref('fct_customer_periods') }}
            where period_grain = '{{ grain }}'
        ) as entered,
        (
            select sum(new_net_revenue + returning_net_revenue) from {{ ref('new_vs_returning_by_period') }}
            where period_grain = '{{ grain }}' and segment_name = 'all'
        ) as arrived
    {% endfor %}

    union all

    select
        'net revenue: fct_orders and fct_refunds against customer_lifetime_value' as book,
        (
            select coalesce(sum(gross_amount - discount_amount), 0) from {{ ref('fct_orders') }}
            where is_valid and customer_id is not null
        )
        - (
            select coalesce(sum(amount), 0) from {{ ref('fct_refunds') }}
            where is_counted and customer_id is not null
        ) as entered,
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
