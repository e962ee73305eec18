with judged as (
    select * from {{ ref('base_billing__plans') }}
),

staged as (
    select
        -- ids
        plan_id,

        -- text
        plan_name,
        tier,

        -- times
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
