with judged as (
    select * from {{ ref('base_voice__survey_invitations') }}
),

staged as (
    select
        -- ids
        invitation_id,
        customer_id,

        -- text
        survey_type,
        channel,

        -- times
        sent_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
