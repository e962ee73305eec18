-- Every point that was taken off an account stands in one queue, in order of time. An entry that takes points off has
-- its stretch of the queue; a lot may serve the queue as far as it stood when the lot expired. Where the ledger itself
-- writes expire entries, the lot waits for the first one that comes soon enough: so no point expires twice.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
{% set waiting_days = var('loyalty_expiry_posting_days') | int %}
with entries as (
    select * from {{ ref('int_loyalty_entries') }}
    {{ only(slices) }}
),

-- At one instant: lots expire, then entries take points off, then lots expire that had waited for such an entry.
events as (
    select
        entry_id,
        account_id,
        customer_id,
        case when points > 0 then 'lot' else kind end as kind,
        lot_points,
        queued_points,
        occurred_on,
        occurred_at,
        case when points > 0 then expires_at else occurred_at end as happened_at,
        case when points > 0 then 0 else 1 end as phase
    from entries
),

-- A lot that never expires (without an instant) comes last, behind the whole queue.
looked_ahead as (
    select
        *,
        min(case when kind = 'expired' then happened_at end) over (
            partition by account_id order by happened_at nulls last, phase nulls last, entry_id nulls last
            rows between current row and unbounded following
        ) as next_posted_at
    from events
),

judged as (
    select
        *,
        coalesce(
            kind = 'lot'
            and {{ days_between(business_day('happened_at'), business_day('next_posted_at')) }} <= {{ waiting_days }},
            false
        ) as is_waiting
    from looked_ahead
),

timed as (
    select
        *,
        case when is_waiting then 2 else phase end as turn,
        case when is_waiting then next_posted_at else happened_at end as counts_at
    from judged
),

queued as (
    select
        entry_id,
        account_id,
        customer_id,
        kind,
        lot_points,
        queued_points,
        case
            when kind = 'lot' then cast(row_number() over (
                partition by account_id, kind order by occurred_at nulls last, entry_id nulls last
            ) as int)
        end as lot_number,
        occurred_on,
        cast(sum(queued_points) over (
            partition by account_id order by counts_at nulls last, turn nulls last, entry_id nulls last
            rows unbounded preceding
        ) as decimal(18, 4)) as queue_until
    from timed
)

select * from queued
