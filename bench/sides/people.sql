-- Macros, days, exchange rates, and who is who. `{raw}`: folder of Parquet files; `{as_of}`: the as-of date. Business zone,
-- currency and churn days are those of the sample company.
create macro instant(t) as cast(t as timestamptz);
create macro business_day(t) as cast(timezone('Asia/Bangkok', cast(t as timestamptz)) as date);
create macro money(amount, rate) as cast(round(cast(amount as decimal(19, 4)) * rate, 4) as decimal(18, 4));
create macro share(part, whole) as cast(part as double) / cast(nullif(whole, 0) as double);

create temp table days as
select cast(day as date) as day
from generate_series(date '2020-01-01', date '{as_of}', interval 1 day) as series (day);

create temp table rates as
with dated as (
    select
        from_currency as currency,
        cast(rate_date as date) as since,
        cast(rate as decimal(18, 12)) as rate
    from '{raw}/finance_exchange_rates.parquet'
    where to_currency = 'USD'
)

select days.day, dated.currency, dated.rate
from days asof join (select * from dated where currency = 'THB') as dated on days.day >= dated.since
union all by name
select days.day, dated.currency, dated.rate
from days asof join (select * from dated where currency = 'VND') as dated on days.day >= dated.since
union all by name
select day, 'USD' as currency, cast(1 as decimal(18, 12)) as rate from days;

create temp table records as
select
    customer_id,
    lower(trim(email)) as email,
    nullif(regexp_replace(regexp_replace(phone, '[^0-9]', '', 'g'), '^00', ''), '') as phone,
    instant(created_at) as created_at,
    coalesce(is_test = 'true', false) as is_test
from (
    select *, row_number() over (
        partition by customer_id order by instant(updated_at) desc nulls last, file_row_number desc
    ) as version
    from read_parquet('{raw}/crm_customers.parquet', file_row_number = true)
)
where version = 1 and coalesce(is_deleted, 'false') <> 'true';

create temp table merges as
with recursive walk as (
    select customer_id, merged_into_customer_id as root_id from '{raw}/crm_customer_links.parquet'
    union all
    select walk.customer_id, links.merged_into_customer_id
    from walk inner join '{raw}/crm_customer_links.parquet' as links on walk.root_id = links.customer_id
)

select customer_id, root_id from walk
where root_id not in (select customer_id from '{raw}/crm_customer_links.parquet');

create temp table groups as
select customer_id, 'r' || root_id as group_id from merges
union
select root_id, 'r' || root_id from merges
union
select customer_id, 'e' || email from records
where email in (select email from records group by email having count(*) > 1)
union
select customer_id, 'p' || phone from records
where phone in (select phone from records group by phone having count(*) > 1);

create temp table seniority as
select
    members.customer_id,
    row_number() over (
        order by
            case when merges.customer_id is not null then 2 when roots.root_id is not null then 0 else 1 end,
            records.created_at nulls last, members.customer_id
    ) as rank
from (select distinct customer_id from groups) as members
left join merges using (customer_id)
left join (select distinct root_id from merges) as roots on members.customer_id = roots.root_id
left join records on members.customer_id = records.customer_id
where records.customer_id is not null or merges.customer_id is not null;

create temp table people as
with recursive reached using key (customer_id) as (
    select customer_id, rank from seniority
    union
    select groups.customer_id, min(near.rank) as rank
    from reached
    inner join groups as own on reached.customer_id = own.customer_id
    inner join groups on own.group_id = groups.group_id
    inner join recurring.reached as mine on groups.customer_id = mine.customer_id
    inner join reached as near on own.customer_id = near.customer_id
    where near.rank < mine.rank
    group by groups.customer_id
),

ids as (
    select customer_id, is_test, created_at, email from records
    union all by name
    select customer_id, false as is_test from merges where customer_id not in (select customer_id from records)
)

select
    ids.customer_id as record_id,
    coalesce(seniors.customer_id, ids.customer_id) as person_id,
    ids.email,
    ids.created_at,
    bool_or(ids.is_test) over (partition by coalesce(seniors.customer_id, ids.customer_id)) as is_test
from ids
left join reached on ids.customer_id = reached.customer_id
left join seniority as seniors on reached.rank = seniors.rank;

create temp table owners as
select email, arg_min(person_id, (created_at, record_id)) as person_id
from people
where email is not null
group by email;

create temp table tests as
select distinct person_id from people where is_test;
