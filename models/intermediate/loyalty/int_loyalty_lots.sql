-- What became of each lot: what took its points, and what is left of it, which lapses on expires_on.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
{% set kinds = ['redeemed', 'expired', 'adjusted'] %}
with spans as (
    select * from {{ ref('int_loyalty_spans') }}
    {{ only(slices) }}
),

takers as (
    select
        *,
        queue_until - queued_points as queue_from
    from {{ ref('int_loyalty_queue') }}
    where queued_points > 0
    {{ only(slices, word='and') }}
),

entries as (
    select * from {{ ref('int_loyalty_entries') }}
),

accounts as (
    select * from {{ ref('int_loyalty_accounts') }}
),

shared as (
    select
        spans.lot_id,
        takers.kind,
        takers.occurred_on,
        case when takers.queue_until < spans.served_until then takers.queue_until else spans.served_until end
        - case when takers.queue_from > spans.served_from then takers.queue_from else spans.served_from end as points
    from spans
    inner join takers
        on
            spans.account_id = takers.account_id
            and spans.served_from < takers.queue_until
            and spans.served_until > takers.queue_from
    where spans.served_from < spans.served_until
),

taken as (
    select
        lot_id,
        {% for kind in kinds %}
        sum(case when kind = '{{ kind }}' then points else 0 end) as {{ kind }}_points,
        {% endfor %}
        min(occurred_on) as first_taken_on,
        max(occurred_on) as last_taken_on
    from shared
    group by lot_id
),

lots as (
    select
        -- ids
        spans.lot_id,
        spans.account_id,
        spans.customer_id,
        accounts.programme_id,
        entries.order_id,

        -- text
        coalesce(entries.entry_type, 'overdrawn') as entry_type,
        entries.partner,

        -- numbers
        coalesce(entries.points, cast(0 as decimal(18, 4))) as points,
        cast(coalesce(taken.redeemed_points, 0) as decimal(18, 4)) as redeemed_points,
        cast(coalesce(taken.expired_points, 0) as decimal(18, 4)) as expired_points,
        cast(coalesce(taken.adjusted_points, 0) + coalesce(entries.settled_points, 0) as decimal(18, 4))
            as adjusted_points,
        cast(spans.lot_points - spans.served_until + spans.served_from as decimal(18, 4)) as left_points,

        -- times
        coalesce(entries.occurred_on, taken.first_taken_on) as earned_on,
        {{ business_day('entries.expires_at') }} as expires_on,
        taken.last_taken_on,
        entries.undone_on
    from spans
    inner join accounts on spans.account_id = accounts.account_id
    left join entries on spans.lot_id = entries.entry_id
    left join taken on spans.lot_id = taken.lot_id
)

select * from lots
