-- The values that cut recency, frequency and monetary value into quintiles, five times over: linear between
-- the two nearest customers, in exact decimals (value x 5 is compared, so that nothing is divided).
with customers as (
    select * from {{ ref('int_rfm_values') }}
),

numbered as (
    select
        measure,
        value,
        row_number() over (partition by measure order by value, customer_id) - 1 as position,
        count(*) over (partition by measure) - 1 as last_position
    from customers
),

cuts as (
    select
        measure,
        {% for cut in [1, 2, 3, 4] %}
        -- the cut lies at last_position * {{ cut }} / 5: between two customers, as many fifths from the lower as the remainder
        cast(
            sum(
                value * case
                    when position * 5 <= last_position * {{ cut }} and (position + 1) * 5 > last_position * {{ cut }}
                        then 5 - (last_position * {{ cut }} - position * 5)
                    when position * 5 > last_position * {{ cut }} and (position - 1) * 5 <= last_position * {{ cut }}
                        then last_position * {{ cut }} - (position - 1) * 5
                    else 0
                end
            ) as decimal(38, 4)
        ) as cut_{{ cut }}_times_5{% if not loop.last %},{% endif %}
        {% endfor %}
    from numbered
    group by measure
)

select * from cuts
