-- Every customer with a value is in one bucket, the one between whose bounds the value lies; so all buckets together
-- hold all customers and all of their value.
with distribution as (
    select * from {{ ref('clv_distribution') }}
),

figures as (
    {% for measure in ['clv_to_date', 'clv_predicted_12m'] %}
    select
        '{{ measure }}' as clv_measure,
        cast(round({{ measure }}, 4) as decimal(18, 4)) as clv
    from {{ ref('customer_lifetime_value') }}
    where {{ measure }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

between_bounds as (
    select
        distribution.clv_measure,
        distribution.bucket_number,
        distribution.customers as shown_customers,
        distribution.clv_total as shown_total,
        count(figures.clv) as customers,
        coalesce(sum(figures.clv), 0) as clv_total
    from distribution
    left join figures
        on
            distribution.clv_measure = figures.clv_measure
            and (distribution.lower_bound is null or distribution.lower_bound <= figures.clv)
            and (distribution.upper_bound is null or distribution.upper_bound > figures.clv)
    group by distribution.clv_measure, distribution.bucket_number, distribution.customers, distribution.clv_total
),

both_sides as (
    select
        clv_measure,
        customers as shown_customers,
        clv_total as shown_total,
        0 as customers,
        0 as clv_total
    from distribution

    union all

    select
        clv_measure,
        0 as shown_customers,
        0 as shown_total,
        1 as customers,
        clv as clv_total
    from figures
),

in_all as (
    select
        clv_measure,
        cast(null as int) as bucket_number,
        sum(shown_customers) as shown_customers,
        sum(shown_total) as shown_total,
        sum(customers) as customers,
        sum(clv_total) as clv_total
    from both_sides
    group by clv_measure
),

compared as (
    select * from between_bounds
    union all
    select * from in_all
)

select * from compared
where shown_customers <> customers or shown_total <> clv_total
