-- What happened to the points of each account, by day and kind: earned, redeemed and expired as positive points,
-- adjusted as signed ones. What lapses without an entry is expired on its day, which may lie ahead.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with entries as (
    select * from {{ ref('int_loyalty_entries') }}
    {{ only(slices) }}
),

lots as (
    select * from {{ ref('int_loyalty_lots') }}
    where
        expires_on is not null and left_points > 0
        {{ only(slices, word='and') }}
),

events as (
    select
        account_id,
        customer_id,
        programme_id,
        kind,
        occurred_on as moved_on,
        case when kind in ('redeemed', 'expired') then -points else points end as points,
        case when kind = 'earned' and partner is not null then points else 0 end as partner_points,
        1 as entries
    from entries

    union all

    select
        account_id,
        customer_id,
        programme_id,
        'expired' as kind,
        expires_on as moved_on,
        left_points as points,
        0 as partner_points,
        0 as entries
    from lots
),

movements as (
    select
        account_id,
        customer_id,
        programme_id,
        kind,
        moved_on,
        cast(sum(points) as decimal(18, 4)) as points,
        cast(sum(partner_points) as decimal(18, 4)) as partner_points,
        cast(sum(entries) as int) as entries
    from events
    group by account_id, customer_id, programme_id, kind, moved_on
)

select * from movements
