{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with sessions as (
    select * from {{ ref('int_customer_sessions') }}
    {{ only(slices) }}
),

days as (
    select
        -- ids
        customer_id,

        -- numbers
        cast(count(*) as int) as sessions,
        cast(count(seconds) as int) as timed_sessions,
        cast(sum(coalesce(seconds, 0)) as bigint) as seconds,
        cast(sum(coalesce(page_views, 0)) as bigint) as page_views,
        cast(sum(case when is_converted then 1 else 0 end) as int) as converted_sessions,

        -- flags
        is_test,

        -- times
        visited_on
    from sessions
    group by customer_id, is_test, visited_on
)

select * from days
