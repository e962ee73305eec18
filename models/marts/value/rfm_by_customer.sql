with measures as (
    select * from {{ ref('int_rfm_values') }}
),

cuts as (
    select * from {{ ref('int_rfm_cuts') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

names as (
    select * from {{ ref('rfm_segments') }}
),

-- Equal values share a score. A value on a cut belongs to the side below it: few days are good, few orders are not.
scored as (
    select
        measures.customer_id,
        measures.measure,
        measures.value,
        sum(case when measures.value * 5 > cuts.cut_times_5 then 1 else 0 end) as cuts_passed
    from measures
    inner join cuts on measures.measure = cuts.measure
    group by measures.customer_id, measures.measure, measures.value
),

customers as (
    select
        customer_id,
        cast(max(case when measure = 'recency' then value end) as int) as recency_days,
        cast(max(case when measure = 'frequency' then value end) as int) as frequency,
        cast(max(case when measure = 'monetary' then value end) as decimal(18, 4)) as monetary,
        cast(max(case when measure = 'recency' then 5 - cuts_passed end) as int) as recency_score,
        cast(max(case when measure = 'frequency' then 1 + cuts_passed end) as int) as frequency_score,
        cast(max(case when measure = 'monetary' then 1 + cuts_passed end) as int) as monetary_score
    from scored
    group by customer_id
),

named as (
    select
        -- ids
        customers.customer_id,

        -- numbers
        customers.recency_days,
        customers.frequency,
        customers.monetary,
        customers.recency_score,
        customers.frequency_score,
        customers.monetary_score,

        -- text
        names.rfm_segment,

        -- times
        as_of.as_of_date as as_of_on
    from customers
    cross join as_of
    inner join names
        on
            customers.recency_score = names.recency_score
            and names.value_score = cast(
                floor({{ ratio('customers.frequency_score + customers.monetary_score + 1', '2') }}) as int
            )
)

select * from named
