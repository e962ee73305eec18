-- Ids of subscription terms that a delivery touches: judged anew, because rows of them or of their customer record have
-- come; or whose exchange rate changed.
with terms as (
    select * from {{ ref('base_billing__subscription_terms') }}
),

judged as (
    select term_id from {{ as_replaced('base_billing__subscription_terms') }}
),

rates as (
    select * from {{ ref('int_changed_rates') }}
),

-- A term's price is converted at the rate of its first day.
dated_terms as (
    select
        term_id,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency,
        {{ business_day('started_at') }} as started_on
    from terms
    where term_id is not null and {{ may_count_on('rates', 'started_at') }}
),

touched as (
    select term_id from judged

    union

    select dated_terms.term_id
    from dated_terms
    inner join rates
        on
            dated_terms.currency = rates.currency
            and {{ counts_on('rates', 'dated_terms.started_on') }}
)

select * from touched
