-- Exchange rates that were not there at the last build, or are not there any more, with the days on which they count.
with rates as (
    select * from {{ ref('int_exchange_rates') }}
),

earlier as (
    select * from {{ as_last_built('int_exchange_rates') }}
),

came as (
    select * from rates
    except
    select * from earlier
),

went as (
    select * from earlier
    except
    select * from rates
),

changed as (
    select * from came

    union all

    select * from went
)

select * from changed
