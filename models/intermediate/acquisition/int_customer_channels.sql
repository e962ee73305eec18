-- The channel to which each customer is attributed, by first and by last touch; without a touch, the channel of the
-- customer record.
with touches as (
    select * from {{ ref('int_customer_touches') }}
),

starts as (
    select * from {{ ref('int_customer_starts') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test
),

numbered as (
    select
        customer_id,
        channel,
        row_number() over (
            partition by customer_id order by started_at asc nulls last, session_id asc nulls last
        ) as touch_number,
        row_number() over (
            partition by customer_id order by started_at desc nulls last, session_id desc nulls last
        ) as touches_after_it
    from touches
),

channels as (
    {% for attribution, condition in [('first_touch', 'touch_number = 1'), ('last_touch', 'touches_after_it = 1')] %}
    select
        starts.customer_id,
        '{{ attribution }}' as attribution,
        coalesce(touched.channel, customers.acquisition_channel) as channel
    from starts
    inner join customers on starts.customer_id = customers.customer_id
    left join numbered as touched on starts.customer_id = touched.customer_id and touched.{{ condition }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from channels
