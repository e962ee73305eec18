{% set slices = {'customer_id': 'int_touched_customers', 'ticket_id': 'int_touched_tickets'} %}
{{ config(**replace_slices(slices)) }}
with tickets as (
    select * from {{ ref('stg_support__tickets') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

owned as (
    select
        tickets.ticket_id,
        identities.customer_id,
        tickets.channel,
        tickets.priority,
        tickets.category,
        tickets.initiated_by,
        tickets.reopened_count,
        tickets.csat_score,
        tickets.opened_at,
        {{ seen('tickets.first_replied_at') }} as first_replied_at,
        {{ seen('tickets.solved_at') }} as solved_at,
        {{ business_day('tickets.opened_at') }} as opened_on
    from tickets
    left join identities on tickets.customer_id = identities.record_id
),

touched as (
    select * from owned
    {{ only(slices) }}
),

timed as (
    select
        *,
        {{ business_day('solved_at') }} as solved_on,
        {{ seconds_between('opened_at', 'first_replied_at') }} as first_reply_seconds,
        {{ seconds_between('opened_at', 'solved_at') }} as resolution_seconds
    from touched
),

tickets_of_customers as (
    select
        -- ids
        timed.ticket_id,
        timed.customer_id,

        -- text
        timed.channel,
        timed.priority,
        timed.category,
        timed.initiated_by,

        -- numbers
        timed.reopened_count,
        timed.csat_score,
        timed.first_reply_seconds,
        timed.resolution_seconds,
        {{ seconds_as(3600, 'timed.first_reply_seconds') }} as first_reply_hours,
        {{ seconds_as(3600, 'timed.resolution_seconds') }} as resolution_hours,

        -- flags
        timed.first_replied_at is not null as is_replied,
        timed.solved_at is not null as is_solved,
        coalesce(timed.resolution_seconds <= 86400, false) as is_solved_within_24h,
        coalesce(timed.reopened_count > 0, false) as is_reopened,
        coalesce(timed.initiated_by = 'company', false) as is_proactive,
        coalesce(customers.is_test, false) as is_test,

        -- times
        timed.opened_on,
        timed.solved_on,
        timed.opened_at,
        timed.first_replied_at,
        timed.solved_at
    from timed
    left join customers on timed.customer_id = customers.customer_id
)

select * from tickets_of_customers
