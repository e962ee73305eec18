-- Every amount in reporting currency against what was staged x the newest rate on or before its day, row by row to a
-- thousandth, and shown by currency. Computed here a second time, without int_exchange_rates or its macros.
-- A build that goes on from the last one looks at what it worked out anew; a plain `dbt test` at everything.
{% set reporting_currency = "'" ~ var('reporting_currency') ~ "'" %}
{% set measures = ['gross_amount', 'discount_amount', 'shipping_amount', 'tax_amount'] %}
with orders as (
    select
        {% for measure in measures %}
        coalesce(staged.{{ measure }}, 0) as {{ measure }}_staged,
        facts.{{ measure }},
        {% endfor %}
        coalesce(staged.currency, {{ reporting_currency }}) as currency,
        {{ business_day('staged.ordered_at') }} as happened_on
    from {{ ref('stg_shop__orders') }} as staged
    left join {{ ref('fct_orders') }} as facts on staged.order_id = facts.order_id
    {{ only({'order_id': 'int_changed_orders'}, of='staged') }}
),

amounts as (
    {% for measure in measures %}
    select
        'fct_orders.{{ measure }}' as place,
        currency,
        happened_on,
        {{ measure }}_staged as local_amount,
        cast(1 as {{ type_double() }}) as monthly_share,
        {{ measure }} as amount
    from orders

    union all
    {% endfor %}

    select
        'fct_refunds.amount' as place,
        coalesce(staged.currency, {{ reporting_currency }}) as currency,
        {{ business_day('staged.refunded_at') }} as happened_on,
        staged.amount as local_amount,
        cast(1 as {{ type_double() }}) as monthly_share,
        facts.amount
    from {{ ref('stg_shop__refunds') }} as staged
    left join {{ ref('fct_refunds') }} as facts on staged.refund_id = facts.refund_id
    {{ only({'refund_id': 'int_touched_refunds'}, of='staged') }}

    union all

    -- terms without recurring revenue (of amount 0, of test customers) are not in the model
    select
        'int_subscription_terms.mrr' as place,
        coalesce(staged.currency, {{ reporting_currency }}) as currency,
        {{ business_day('staged.started_at') }} as happened_on,
        staged.amount as local_amount,
        case staged.billing_interval
            {% for interval, months in [('year', 12), ('quarter', 3)] %}
            when '{{ interval }}' then {{ ratio(1, months) }}
            {% endfor %}
            when 'week' then {{ ratio(52, 12) }}
            else cast(1 as {{ type_double() }})
        end as monthly_share,
        terms.mrr as amount
    from {{ ref('stg_billing__subscription_terms') }} as staged
    inner join {{ ref('int_subscription_terms') }} as terms on staged.term_id = terms.term_id
    {{ only({'customer_id': 'int_restated_customers'}, of='terms') }}
),

rates as (
    select * from {{ ref('stg_finance__exchange_rates') }}
    where to_currency = {{ reporting_currency }}
),

needed as (
    select distinct
        currency,
        happened_on
    from amounts
    where currency <> {{ reporting_currency }}
),

newest as (
    select
        needed.currency,
        needed.happened_on,
        max(rates.rate_date) as rate_date
    from needed
    inner join rates on needed.currency = rates.from_currency and needed.happened_on >= rates.rate_date
    group by needed.currency, needed.happened_on
),

compared as (
    select
        amounts.place,
        amounts.currency,
        cast(amounts.amount as {{ type_double() }}) as amount,
        cast(amounts.local_amount as {{ type_double() }}) * amounts.monthly_share
        * case when amounts.currency = {{ reporting_currency }} then 1 else cast(rates.rate as {{ type_double() }}) end
            as expected_amount
    from amounts
    left join newest on amounts.currency = newest.currency and amounts.happened_on = newest.happened_on
    left join rates on newest.currency = rates.from_currency and newest.rate_date = rates.rate_date
)

select
    place,
    currency,
    count(*) as rows_that_differ,
    sum(amount) as amount,
    sum(expected_amount) as expected_amount
from compared
where abs(amount - expected_amount) > 0.001 or (amount is null and expected_amount is not null)
group by place, currency
