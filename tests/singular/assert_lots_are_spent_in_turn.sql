-- Each lot of points serves its account's queue from where the lot before it stopped, over as many points as it holds,
-- and never beyond its limit. int_loyalty_spans gets there by sums; here the rule itself is held against each lot.
with lots as (
    select
        *,
        lag(served_until) over (partition by account_id order by lot_number nulls last) as until_before
    from {{ ref('int_loyalty_spans') }}
    where lot_number is not null
)

select * from lots
where
    served_from <> coalesce(until_before, 0)
    or served_until <> case
        when served_from >= queue_limit then served_from
        when served_from + lot_points > queue_limit then queue_limit
        else served_from + lot_points
    end
