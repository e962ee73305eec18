-- New and returning buyers of each period by interest. A customer has up to 64 of them, so that interests do not add up
-- to the whole.
{% set keys = ['customer_group', 'period_grain', 'period_start', 'period_end', 'is_complete'] %}
{% set slices = restated_slices() %}
{{ config(**replace_totals()) }}
with customer_periods as (
    {{ counted_rows('fct_customer_periods', slices) }}
),

segments as (
    {{ now_and_replaced('int_customer_segments', segment_slices()) }}
),

numbers as (
    {{ dbt.generate_series(64) }}
),

-- each list once: many customers share one
lists as (
    select distinct interests from segments
    where interests is not null
),

interests as (
    select distinct
        lists.interests,
        trim(split_part(lists.interests, ';', cast(numbers.generated_number as int))) as interest
    from lists
    cross join numbers
),

buyers as (
    select
        customer_periods.*,
        interests.interest,
        case when customer_periods.is_first_order_inside then 'new' else 'returning' end as customer_group
    from customer_periods
    inner join segments
        on
            customer_periods.customer_id = segments.customer_id
            and customer_periods.period_start = segments.period_start
            and customer_periods.weight = segments.weight
    inner join interests on segments.interests = interests.interests
    where customer_periods.orders > 0 and interests.interest <> ''
),

totals as (
    select
        {{ keys | join(', ') }},
        'interest' as segment_name,
        interest as segment_value,
        {% for measure, type in profile_measures().items() %}
        cast(sum({{ signed(measure) }}) as {{ type }}) as {{ measure }},
        {% endfor %}
        cast(sum({{ signed(1) }}) as bigint) as customers
    from buyers
    group by {{ keys | join(', ') }}, interest
),

{{ kept_up('totals', keys, rows='customers') }}

select * from kept_up
