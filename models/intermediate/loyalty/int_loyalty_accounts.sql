-- Each loyalty account with the customer whose it is, and the business days of joining and leaving.
with accounts as (
    select * from {{ ref('stg_loyalty__accounts') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

owned as (
    select
        accounts.account_id,
        identities.customer_id,
        accounts.programme_id,
        coalesce(customers.is_test, false) as is_test,
        {{ business_day('accounts.joined_at') }} as joined_on,
        {{ business_day('accounts.left_at') }} as left_on,
        accounts.joined_at
    from accounts
    inner join identities on accounts.customer_id = identities.record_id
    left join customers on identities.customer_id = customers.customer_id
)

select * from owned
