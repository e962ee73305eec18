-- Each priced term with its customer, its days and its MRR in the reporting currency of its first day.
-- Amounts of 0 (trials, pauses) are no part of recurring revenue; an end that nobody has seen yet is open.
-- A subscription that passes to another customer is a new one for that customer.
{% set earlier_terms %}
partition by customers.customer_id, terms.subscription_id order by terms.started_at nulls last, terms.term_id nulls last
{% endset %}
{% set slices = {'customer_id': 'int_restated_customers'} %}
{{ config(**replace_slices(slices)) }}
with terms as (
    select * from {{ ref('stg_billing__subscription_terms') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
    where
        not is_test
        {{ only(slices, word='and') }}
),

rates as (
    select * from {{ ref('int_exchange_rates') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

dated as (
    select
        terms.*,
        customers.customer_id as person_id,
        coalesce(terms.currency, '{{ var("reporting_currency") }}') as term_currency,
        {{ business_day('terms.started_at') }} as started_on,
        {{ business_day('terms.ended_at') }} as last_on,
        lag(terms.plan_id) over ({{ earlier_terms }}) as previous_plan_id,
        lag(terms.quantity) over ({{ earlier_terms }}) as previous_quantity,
        lag(terms.term_id) over ({{ earlier_terms }}) as previous_term_id
    from terms
    inner join identities on terms.customer_id = identities.record_id
    inner join customers on identities.customer_id = customers.customer_id
    where terms.amount > 0
),

priced as (
    select
        -- ids
        dated.term_id,
        dated.subscription_id,
        dated.person_id as customer_id,
        dated.plan_id,

        -- text
        dated.term_currency as currency,
        case
            when dated.change_cause in ('plan', 'quantity', 'price', 'discount') then dated.change_cause
            when dated.previous_term_id is null then 'plan'
            when coalesce(dated.plan_id, '') <> coalesce(dated.previous_plan_id, '') then 'plan'
            when coalesce(dated.quantity, 1) <> coalesce(dated.previous_quantity, 1) then 'quantity'
            else 'price'
        end as change_cause,

        -- numbers
        dated.quantity,
        {{ monthly_amount(to_reporting('dated.amount', 'rates.rate'), 'dated.billing_interval') }} as mrr,

        -- times
        dated.started_at,
        dated.started_on,
        case when dated.last_on < as_of.as_of_date then dated.last_on end as ended_on
    from dated
    cross join as_of
    left join rates
        on
            dated.term_currency = rates.currency
            and {{ counts_on('rates', 'dated.started_on') }}
    where dated.started_on < as_of.as_of_date and (dated.last_on is null or dated.last_on > dated.started_on)
)

select * from priced
