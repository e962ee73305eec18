-- The four values that cut recency, frequency and monetary value into quintiles on a day, five times over: linear
-- between the two nearest customers, in exact decimals (value x 5 is compared, so that nothing is divided).
with measures as (
    select * from {{ ref('int_rfm_values') }}
),

cut_numbers as (
    select generated_number as cut_number
    from ({{ dbt.generate_series(4) }}) as numbers
),

numbered as (
    select
        scored_on,
        measure,
        value,
        row_number() over (
            partition by scored_on, measure order by value nulls last, customer_id nulls last
        ) - 1 as position,
        count(*) over (partition by scored_on, measure) - 1 as last_position
    from measures
),

-- Cut k lies at last_position x k / 5, counted here in fifths of a position.
placed as (
    select
        numbered.scored_on,
        numbered.measure,
        numbered.value,
        cut_numbers.cut_number,
        numbered.last_position * cut_numbers.cut_number - numbered.position * 5 as fifths_above
    from numbered
    cross join cut_numbers
),

-- Of the customer below it as many fifths as it lies away from the one above, and the other way round.
cuts as (
    select
        scored_on,
        measure,
        cast(cut_number as int) as cut_number,
        cast(
            sum(case when fifths_above >= 0 then value * (5 - fifths_above) else value * (5 + fifths_above) end)
            as decimal(38, 4)
        ) as cut_times_5
    from placed
    where fifths_above > -5 and fifths_above < 5
    group by scored_on, measure, cut_number
)

select * from cuts
