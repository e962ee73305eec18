{{ config(**replace_keys('ticket_id')) }}
with landed as (
    select * from {{ source('raw', 'support_tickets') }}
    {{ only_touched('support_tickets', {'customer_id': 'int_touched_records'}) }}
),

{{ typed_rows('support_tickets') }},

known_customers as (
    select * from {{ ref('int_known_customers') }}
),

judged as (
    select
        typed.*,
        {{ judgement('support_tickets', references={'customer_id': 'known_customers'}, rules=[
            ('end_before_start', 'first_replied_at', 'first_replied_at < opened_at'),
            ('end_before_start', 'solved_at', 'solved_at < opened_at')
        ]) }}
    from typed
    left join known_customers on typed.customer_id = known_customers.customer_id
),

{{ row_verdicts('support_tickets') }}

select * from verdicts
