{% set measures = ['clv_to_date', 'clv_predicted_12m'] %}
{% set buckets = 24 %}
with customers as (
    select * from {{ ref('customer_lifetime_value') }}
),

figures as (
    {% for measure in measures %}
    select
        '{{ measure }}' as clv_measure,
        cast(round({{ measure }}, 4) as decimal(18, 4)) as clv
    from customers
    where {{ measure }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- A few large values would leave all others in one bar: the last bucket is open.
spans as (
    select
        clv_measure,
        {{ ratio(percentile('clv', 0.95), buckets) }} as span
    from figures
    group by clv_measure
),

-- Widths that people read: the least of 1, 2 and 5 times a power of ten that holds the span.
widths as (
    select
        clv_measure,
        cast(
            case
                when not span > 0 then 1
                {% for exponent in range(-2, 13) %}
                {% for step in [1, 2, 5] %}
                when span <= {{ step }}e{{ exponent }} then {{ step }}e{{ exponent }}
                {% endfor %}
                {% endfor %}
            end as decimal(18, 4)
        ) as width
    from spans
),

-- Divided as whole numbers: 0.6 / 0.2 of doubles is less than 3.
placed as (
    select
        figures.clv_measure,
        figures.clv,
        case
            when figures.clv < 0 then -1
            when figures.clv >= widths.width * {{ buckets }} then {{ buckets }}
            else cast(floor({{ ratio('figures.clv * 10000', 'widths.width * 10000') }}) as int)
        end as bucket_number
    from figures
    inner join widths on figures.clv_measure = widths.clv_measure
),

-- Also those that nobody is in, so that a chart shows the gap.
numbers as (
    select cast(generated_number - 2 as int) as bucket_number
    from ({{ dbt.generate_series(buckets + 2) }}) as series
),

counted as (
    select
        widths.clv_measure,
        numbers.bucket_number,
        widths.width,
        cast(count(placed.clv) as bigint) as customers,
        cast(coalesce(sum(placed.clv), 0) as decimal(18, 4)) as clv_total
    from widths
    cross join numbers
    left join placed on widths.clv_measure = placed.clv_measure and numbers.bucket_number = placed.bucket_number
    group by widths.clv_measure, numbers.bucket_number, widths.width
),

bounded as (
    select
        -- bucket
        clv_measure,
        bucket_number,
        cast(case when bucket_number >= 0 then bucket_number * width end as decimal(18, 4)) as lower_bound,
        cast(
            case
                when bucket_number < 0 then 0
                when bucket_number < {{ buckets }} then (bucket_number + 1) * width
            end as decimal(18, 4)
        ) as upper_bound,

        -- counts
        customers,

        -- money
        clv_total
    from counted
    where bucket_number >= 0 or customers > 0
)

select * from bounded
