with judged as (
    select * from {{ ref('base_voice__survey_responses') }}
),

staged as (
    select
        -- ids
        response_id,
        invitation_id,
        customer_id,

        -- text
        survey_type,
        comment,
        touchpoint,

        -- numbers
        score,

        -- times
        responded_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
