{% set measures = ['clv_to_date', 'clv_predicted_12m'] %}
{% set buckets = 24 %}
with customers as (
    select * from {{ ref('customer_lifetime_value') }}
),

figures as (
    {% for measure in measures %}
    select
        '{{ measure }}' as clv_measure,
        cast({{ measure }} as {{ type_double() }}) as clv
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

-- Widths that people read: 1, 2 or 5 times a power of ten.
powers as (
    select
        clv_measure,
        span,
        case when span > 0 then power(10e0, floor(log10(span))) else 1e0 end as power_of_ten
    from spans
),

widths as (
    select
        clv_measure,
        case
            when span <= power_of_ten then power_of_ten
            when span <= 2 * power_of_ten then 2 * power_of_ten
            when span <= 5 * power_of_ten then 5 * power_of_ten
            else 10 * power_of_ten
        end as width
    from powers
),

placed as (
    select
        figures.clv_measure,
        figures.clv,
        widths.width,
        case
            when figures.clv < 0 then -1
            when figures.clv >= widths.width * {{ buckets }} then {{ buckets }}
            else cast(floor({{ ratio('figures.clv', 'widths.width') }}) as int)
        end as bucket_number
    from figures
    inner join widths on figures.clv_measure = widths.clv_measure
),

counted as (
    select
        -- bucket
        clv_measure,
        bucket_number,
        case when bucket_number >= 0 then bucket_number * width end as lower_bound,
        case
            when bucket_number < 0 then cast(0 as {{ type_double() }})
            when bucket_number < {{ buckets }} then (bucket_number + 1) * width
        end as upper_bound,

        -- counts
        cast(count(*) as bigint) as customers,

        -- money
        cast(sum(cast(round(clv, 4) as decimal(18, 4))) as decimal(18, 4)) as clv_total
    from placed
    group by clv_measure, bucket_number, width
)

select * from counted
