-- Customers whose cohort is worked out anew: restated ones, and everybody where a period begins or ends.
with restated as (
    select * from {{ ref('int_resegmented_customers') }}
),

spells as (
    select * from {{ ref('fct_customer_spells') }}
),

periods as (
    select * from {{ ref('int_changed_periods') }}
),

recounted as (
    select customer_id from restated

    union

    select customer_id from spells
    where (select count(*) from periods) > 0
)

select * from recounted
