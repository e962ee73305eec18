-- The logic of dbt-labs/mrr-playbook, from its published description: a spine of customers and months from the first
-- that is paid for to the one after the last, and what became of MRR from month to month. A term counts in a month when
-- it runs on the month's last day, so that a month's changes add up to closing MRR.
create temp table customer_months as
with months as (
    select cast(month as date) as month, cast(month + interval 1 month as date) as next_month
    from generate_series(
        date_trunc('month', date '{first_day}'), date '{as_of}' - interval 1 day, interval 1 month
    ) as series (month)
),

spans as (
    select
        person_id,
        date_trunc('month', min(started_on)) as first_month,
        date_trunc('month', max(coalesce(ended_on, date '{as_of}'))) + interval 1 month as last_month
    from terms
    group by person_id
),

spine as (
    select spans.person_id, months.month, months.next_month
    from spans inner join months on months.month >= spans.first_month and months.month <= spans.last_month
)

select
    spine.person_id,
    spine.month,
    coalesce(sum(terms.mrr), 0) as mrr
from spine
left join terms
    on spine.person_id = terms.person_id
    and terms.started_on < spine.next_month
    and (terms.ended_on is null or terms.ended_on >= spine.next_month)
group by spine.person_id, spine.month;

create table mrr_playbook as
with compared as (
    select
        *,
        coalesce(lag(mrr) over (partition by person_id order by month), 0) as previous_mrr,
        min(case when mrr > 0 then month end) over (partition by person_id) as first_active_month
    from customer_months
),

named as (
    select
        month,
        mrr,
        mrr - previous_mrr as mrr_change,
        case
            when mrr > 0 and month = first_active_month then 'new'
            when mrr = 0 and previous_mrr > 0 then 'churn'
            when mrr > 0 and previous_mrr = 0 then 'reactivation'
            when mrr > previous_mrr then 'upgrade'
            when mrr < previous_mrr then 'downgrade'
        end as change_category
    from compared
)

select month, change_category, count(*) as customers, sum(mrr_change) as mrr_change
from named
where change_category is not null
group by month, change_category;

create table closing as
select month as period_start, sum(sum(mrr_change)) over (order by month) as closing_mrr
from mrr_playbook
group by month;
