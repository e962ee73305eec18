-- What int_loyalty_joiners bought before they joined, and after: two rows each in every period in which they did.
with joiners as (
    select * from {{ ref('int_loyalty_joiners') }}
),

date_periods as (
    select * from {{ ref('int_date_periods') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
),

joined as (
    select
        joiners.*,
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        {{ attributes_of('segments') }}
    from joiners
    inner join date_periods on joiners.joined_on = date_periods.date_day
    inner join periods
        on date_periods.period_grain = periods.period_grain and date_periods.period_start = periods.period_start
    left join segments on joiners.customer_id = segments.customer_id and periods.period_start = segments.period_start
),

both_windows as (
    {% for window, is_member in [('before', 'false'), ('after', 'true')] %}
    select
        customer_id,
        period_grain,
        period_start,
        period_end,
        is_complete,
        {{ segment_attributes() | join(',\n        ') }},
        {{ is_member }} as is_member,
        orders_{{ window }} as orders,
        value_{{ window }} as net_order_value,
        orders_before * orders_after as orders_in_both
    from joined
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from both_windows
