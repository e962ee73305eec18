-- RFM scores and segment of each customer who bought inside the window of a scored day, as of its first instant.
{{ config(**replace_slices({'scored_on': 'int_changed_scored_days'}, keeps_replaced=true)) }}
with measures as (
    select * from {{ ref('int_rfm_values') }}
),

cuts as (
    select * from {{ ref('int_rfm_cuts') }}
),

names as (
    select * from {{ ref('rfm_segments') }}
),

-- Equal values share a score. A value on a cut belongs to the side below it: few days are good, few orders are not.
scored as (
    select
        measures.customer_id,
        measures.scored_on,
        measures.measure,
        measures.value,
        sum(case when measures.value * 5 > cuts.cut_times_5 then 1 else 0 end) as cuts_passed
    from measures
    inner join cuts on measures.scored_on = cuts.scored_on and measures.measure = cuts.measure
    group by measures.customer_id, measures.scored_on, measures.measure, measures.value
),

customers as (
    select
        customer_id,
        scored_on,
        cast(max(case when measure = 'recency' then value end) as int) as recency_days,
        cast(max(case when measure = 'frequency' then value end) as int) as frequency,
        cast(max(case when measure = 'monetary' then value end) as decimal(18, 4)) as monetary,
        cast(max(case when measure = 'recency' then 5 - cuts_passed end) as int) as recency_score,
        cast(max(case when measure = 'frequency' then 1 + cuts_passed end) as int) as frequency_score,
        cast(max(case when measure = 'monetary' then 1 + cuts_passed end) as int) as monetary_score
    from scored
    group by customer_id, scored_on
),

named as (
    select
        customers.*,
        names.rfm_segment
    from customers
    inner join names
        on
            customers.recency_score = names.recency_score
            and names.value_score = cast(
                floor({{ ratio('customers.frequency_score + customers.monetary_score + 1', '2') }}) as int
            )
)

select * from named
