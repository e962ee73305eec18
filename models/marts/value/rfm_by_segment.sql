with scores as (
    select * from {{ ref('rfm_by_customer') }}
),

summed as (
    select
        rfm_segment,
        cast(count(*) as bigint) as customers,
        cast(sum(frequency) as bigint) as orders,
        cast(sum(monetary) as decimal(18, 4)) as monetary,
        cast(sum(recency_days) as bigint) as recency_days
    from scores
    group by rfm_segment
),

shared as (
    select
        -- text
        rfm_segment,

        -- counts
        customers,
        orders,
        recency_days,

        -- money
        monetary,

        -- rates
        {{ ratio('customers', 'sum(customers) over ()') }} as share_of_customers,
        {{ ratio('monetary', 'sum(monetary) over ()') }} as share_of_monetary,
        {{ ratio('monetary', 'customers') }} as monetary_per_customer,
        {{ ratio('recency_days', 'customers') }} as mean_recency_days
    from summed
)

select * from shared
