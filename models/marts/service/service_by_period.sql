with totals as (
    select * from {{ ref('int_service_totals') }}
),

rated as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        channel,

        -- counts
        tickets,
        replied_tickets,
        solved_tickets,
        once_solved_tickets,
        solved_within_24h_tickets,
        reopened_tickets,
        proactive_tickets,
        csat_responses,
        satisfied_responses,

        -- hours
        {{ segment_rate('median_first_reply_seconds', 3600, 'replied_tickets') }} as median_first_reply_hours,
        {{ segment_rate('p90_first_reply_seconds', 3600, 'replied_tickets') }} as p90_first_reply_hours,
        {{ segment_rate('median_resolution_seconds', 3600, 'solved_tickets') }} as median_resolution_hours,
        {{ segment_rate('p90_resolution_seconds', 3600, 'solved_tickets') }} as p90_resolution_hours,

        -- rates
        {{ segment_rate('solved_within_24h_tickets', 'tickets', 'tickets') }} as solved_within_24h_rate,
        -- where no ticket says so, nothing is known: that is not 0
        case
            when tickets_with_reopenings_told > 0
                then {{ segment_rate('reopened_tickets', 'once_solved_tickets', 'once_solved_tickets') }}
        end as reopen_rate,
        case
            when tickets_with_initiator_told > 0 then {{ segment_rate('proactive_tickets', 'tickets', 'tickets') }}
        end as proactive_rate,
        {{ segment_rate('satisfied_responses', 'csat_responses', 'csat_responses') }} as csat_rate
    from totals
)

select * from rated
