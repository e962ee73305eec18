with judged as (
    select * from {{ ref('base_crm__customer_links') }}
),

staged as (
    select
        -- ids
        customer_id,
        merged_into_customer_id,

        -- times
        linked_at,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
