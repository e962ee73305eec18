-- Exchange rates that were not there at the last build, or are not there any more, with the days on which they count.
with rates as (
    select * from {{ ref('int_exchange_rates') }}
),

earlier as (
    select * from {{ as_last_built('int_exchange_rates') }}
),

sides as (
    select
        *,
        1 as side
    from rates

    union all

    select
        *,
        -1 as side
    from earlier
),

changed as (
    select
        currency,
        counts_from_on,
        counts_until_on,
        rate
    from sides
    group by currency, counts_from_on, counts_until_on, rate
    having sum(side) <> 0
)

select * from changed
