-- Exchange rates that were not there at the last build, or are not there any more, with the days on which they count.
with now as (
    select * from {{ ref('int_exchange_rates') }}
),

earlier as (
    select * from {{ as_last_built('int_exchange_rates') }}
),

{{ differences(['currency', 'counts_from_on', 'counts_until_on', 'rate']) }}

select * from differences
