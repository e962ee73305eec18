with judged as (
    select * from {{ ref('base_loyalty__programmes') }}
),

staged as (
    select
        -- ids
        programme_id,

        -- text
        programme_name,
        programme_type,
        currency,

        -- numbers
        currency_per_point,

        -- times
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
