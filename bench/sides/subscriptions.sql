-- Terms that count, with their MRR.
create temp table terms as
with latest as (
    select *
    from (
        select *, row_number() over (
            partition by term_id order by instant(updated_at) desc nulls last, file_row_number desc
        ) as version
        from read_parquet('{raw}/billing_subscription_terms.parquet', file_row_number = true)
    )
    where version = 1 and coalesce(is_deleted, 'false') <> 'true' and cast(amount as decimal(18, 4)) > 0
)

select
    people.person_id,
    latest.subscription_id,
    latest.term_id,
    instant(latest.started_at) as started_at,
    business_day(latest.started_at) as started_on,
    case when business_day(latest.ended_at) < date '{as_of}' then business_day(latest.ended_at) end as ended_on,
    latest.plan_id,
    latest.quantity,
    latest.change_cause,
    floor(
        cast(money(latest.amount, rates.rate) * 10000 as double)
        * case latest.billing_interval when 'year' then 1 when 'quarter' then 4 when 'week' then 52 else 12 end / 12 + 0.5
    )::decimal(18, 0) * 0.0001::decimal(18, 4) as mrr
from latest
inner join people on latest.customer_id = people.record_id
inner join rates on business_day(latest.started_at) = rates.day and coalesce(latest.currency, 'USD') = rates.currency
where
    not people.is_test and business_day(latest.started_at) < date '{as_of}'
    and (latest.ended_at is null or business_day(latest.ended_at) > business_day(latest.started_at));
