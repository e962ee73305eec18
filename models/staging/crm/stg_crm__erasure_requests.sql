with judged as (
    select * from {{ ref('base_crm__erasure_requests') }}
),

staged as (
    select
        -- ids
        customer_id,

        -- times
        requested_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
