with judged as (
    select * from {{ ref('base_finance__exchange_rates') }}
),

staged as (
    select
        -- text
        from_currency,
        to_currency,

        -- numbers
        rate,

        -- times
        rate_date,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
