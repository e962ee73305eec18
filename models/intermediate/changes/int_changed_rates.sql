-- Exchange rates that were not there at the last build, or are not there any more, with the days on which they count.
with rates as (
    select * from {{ ref('int_exchange_rates') }}
),

earlier as (
    select * from {{ as_last_built('int_exchange_rates') }}
),

changed as (
    (select * from rates except select * from earlier)

    union all

    (select * from earlier except select * from rates)
)

select * from changed
