with judged as (
    select * from {{ ref('base_support__tickets') }}
),

staged as (
    select
        -- ids
        ticket_id,
        customer_id,

        -- text
        channel,
        priority,
        category,
        initiated_by,

        -- numbers
        reopened_count,
        csat_score,

        -- times
        opened_at,
        first_replied_at,
        solved_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
