-- Web sessions of known customers, with their length. A session that still ran on the as-of date has none yet.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with sessions as (
    select * from {{ ref('stg_engagement__web_sessions') }}
    where customer_id is not null
),

identities as (
    select * from {{ ref('int_customer_identities') }}
    {{ only(slices) }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

dated as (
    select
        sessions.session_id,
        identities.customer_id,
        sessions.converted_order_id,
        sessions.page_views,
        sessions.started_at,
        {{ seen('sessions.ended_at') }} as ended_at,
        {{ business_day('sessions.started_at') }} as visited_on
    from sessions
    inner join identities on sessions.customer_id = identities.record_id
),

timed as (
    select
        dated.session_id,
        dated.customer_id,
        dated.visited_on,
        dated.page_views,
        dated.converted_order_id is not null as is_converted,
        coalesce(customers.is_test, false) as is_test,
        {{ seconds_between('dated.started_at', 'dated.ended_at') }} as seconds
    from dated
    left join customers on dated.customer_id = customers.customer_id
)

select * from timed
