-- Each customer's first spell with the month it began in, the attributes as of that month's start, and the
-- last month in which the customer was active.
{% set slices = {'customer_id': 'int_recounted_customers'} %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with spells as (
    select * from {{ ref('fct_customer_spells') }}
    where spell_number = 1
    {{ only(slices, word='and') }}
),

months as (
    select * from {{ ref('fct_customer_periods') }}
    where period_grain = 'month'
    {{ only(slices, word='and') }}
),

last_months as (
    select
        customer_id,
        basis,
        max(period_start) as last_active_month
    from months
    where is_active
    group by customer_id, basis
),

cohort_customers as (
    select
        spells.customer_id,
        spells.basis,
        spells.started_on,
        spells.ended_on,
        months.period_start as cohort_month,
        last_months.last_active_month,
        {{ segment_attributes() | join(',\n        ') }}
    from spells
    inner join months
        on
            spells.customer_id = months.customer_id
            and spells.basis = months.basis
            and {{ period_start('month', 'spells.started_on') }} = months.period_start
    inner join last_months on spells.customer_id = last_months.customer_id and spells.basis = last_months.basis
)

select * from cohort_customers
