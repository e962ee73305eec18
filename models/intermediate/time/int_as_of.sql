-- One row: the day from which on nothing is seen. Unset, it is the day after the newest activity of a customer:
-- an order, a refund, the start of a term, a cancellation, an answer, a review. The end of a term may have been
-- planned long ago and proves no feed alive.
{% if as_of_date() %}
select cast('{{ as_of_date() }}' as date) as as_of_date
{% else %}
with orders as (
    select max(ordered_at) as newest_at from {{ ref('stg_shop__orders') }}
),

refunds as (
    select max(refunded_at) as newest_at from {{ ref('stg_shop__refunds') }}
),

term_starts as (
    select max(started_at) as newest_at from {{ ref('stg_billing__subscription_terms') }}
),

cancellations as (
    select max(requested_at) as newest_at from {{ ref('stg_billing__cancellations') }}
),

responses as (
    select max(responded_at) as newest_at from {{ ref('stg_voice__survey_responses') }}
),

reviews as (
    select max(reviewed_at) as newest_at from {{ ref('stg_voice__product_reviews') }}
),

activity as (
    select newest_at from orders
    union all
    select newest_at from refunds
    union all
    select newest_at from term_starts
    union all
    select newest_at from cancellations
    union all
    select newest_at from responses
    union all
    select newest_at from reviews
),

newest as (
    select max(newest_at) as newest_at from activity
),

-- Customers alone, and nothing that they did: the day after the newest record.
records as (
    select max(created_at) as newest_at from {{ ref('stg_crm__customers') }}
),

as_of as (
    select {{ add_days(business_day('coalesce(newest.newest_at, records.newest_at)'), 1) }} as as_of_date
    from newest
    cross join records
)

select * from as_of
{% endif %}
