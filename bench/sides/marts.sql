-- Spells, the periods that they touch, and the marts.
create temp table spells as
with order_days as (
    select
        person_id,
        ordered_on,
        lag(ordered_on) over (partition by person_id order by ordered_on) as before_on
    from (select distinct person_id, ordered_on from valid_orders)
),

purchase as (
    select
        person_id,
        ordered_on,
        sum(case when ordered_on <= before_on + 90 then 0 else 1 end) over (
            partition by person_id order by ordered_on
        ) as number
    from order_days
),

reach as (
    select
        person_id,
        started_on,
        coalesce(ended_on, date '9999-12-31') as last_on,
        max(coalesce(ended_on, date '9999-12-31')) over (
            partition by person_id order by started_on, coalesce(ended_on, date '9999-12-31')
            rows between unbounded preceding and 1 preceding
        ) as reached_on
    from terms
),

subscription as (
    select
        person_id,
        started_on,
        last_on,
        sum(case when started_on <= reached_on then 0 else 1 end) over (
            partition by person_id order by started_on, last_on rows unbounded preceding
        ) as number
    from reach
)

select
    'purchase' as basis, person_id, number, min(ordered_on) as started_on,
    case when max(ordered_on) + 90 < date '{as_of}' then max(ordered_on) + 90 end as ended_on
from purchase
group by person_id, number
union all
select
    'subscription', person_id, number, min(started_on),
    case when max(last_on) < date '{as_of}' then max(last_on) end
from subscription
group by person_id, number;

create temp table periods as
select
    grain,
    cast(date_trunc(grain, day) as date) as period_start,
    cast(date_trunc(grain, day) + case grain when 'month' then interval 1 month when 'quarter' then interval 3 month else interval 1 year end as date) as period_end,
    row_number() over (partition by grain order by cast(date_trunc(grain, day) as date)) as number
from (
    select distinct grain, date_trunc(grain, day) as day
    from days cross join (values ('month'), ('quarter'), ('year')) as grains (grain)
    where day >= date '{first_day}' and day < date '{as_of}'
);

create temp table states as
select
    spells.basis,
    spells.person_id,
    periods.grain,
    periods.period_start,
    bool_or(spells.started_on < periods.period_start) as is_at_start,
    bool_or(spells.ended_on is null or spells.ended_on >= least(periods.period_end, date '{as_of}')) as is_at_end,
    bool_or(spells.ended_on is null or spells.ended_on > periods.period_start) as is_inside,
    bool_or(spells.number = 1 and spells.started_on >= periods.period_start) as has_first,
    bool_or(spells.number > 1 and spells.started_on >= periods.period_start) as has_later
from spells
inner join periods
    on spells.started_on < least(periods.period_end, date '{as_of}')
    and (spells.ended_on is null or spells.ended_on >= periods.period_start)
group by all;

create temp table purchases as
select
    events.person_id,
    periods.grain,
    periods.period_start,
    sum(events.orders) as orders,
    sum(events.net) as net_revenue
from (
    select person_id, ordered_on as happened_on, count(*) as orders, sum(net) as net
    from valid_orders
    group by person_id, ordered_on
    union all
    select person_id, refunded_on, 0, -sum(amount)
    from counted_refunds
    group by person_id, refunded_on
) as events
inner join periods on events.happened_on >= periods.period_start and events.happened_on < periods.period_end
group by all;

-- the marts ---------------------------------------------------------------------------------------------------------
create table retention_by_period as
select
    grain as period_grain,
    period_start,
    basis,
    count(*) filter (where is_at_start) as customers_at_start,
    count(*) filter (where not is_at_start and is_at_end and has_first) as new_customers,
    count(*) filter (where not is_at_start and is_at_end and not has_first) as reactivated_customers,
    count(*) filter (where is_at_start and not is_at_end) as lost_customers,
    count(*) filter (where is_at_end) as customers_at_end,
    count(*) filter (where not is_at_start and has_first) as acquired_customers,
    count(*) filter (where not is_at_start and not is_at_end and has_first) as joined_and_lost_customers,
    share(
        count(*) filter (where is_at_end) - count(*) filter (where not is_at_start and is_at_end and has_first),
        count(*) filter (where is_at_start)
    ) as retention_rate,
    share(count(*) filter (where is_at_start and not is_at_end), count(*) filter (where is_at_start)) as churn_rate
from states
group by grain, period_start, basis;

create table cohort_retention as
with active as (
    select
        states.basis, states.person_id, states.period_start as month,
        case states.basis when 'purchase' then coalesce(purchases.orders > 0, false) else states.is_inside end as is_active,
        states.is_at_end
    from states
    left join purchases
        on states.person_id = purchases.person_id and states.grain = purchases.grain
        and states.period_start = purchases.period_start
    where states.grain = 'month'
),

firsts as (
    select basis, person_id, cast(date_trunc('month', started_on) as date) as cohort_month
    from spells
    where number = 1
),

lasts as (
    select basis, person_id, max(month) as last_month
    from active
    where is_active
    group by basis, person_id
),

sizes as (
    select basis, cohort_month, last_month, count(*) as customers
    from firsts inner join lasts using (basis, person_id)
    group by all
),

months as (
    select period_start as month from periods where grain = 'month' and period_end <= date '{as_of}'
),

cells as (
    select
        sizes.basis,
        sizes.cohort_month,
        months.month,
        sum(sizes.customers) as cohort_customers,
        coalesce(sum(sizes.customers) filter (where sizes.last_month >= months.month), 0) as on_or_after_customers
    from sizes inner join months on months.month >= sizes.cohort_month
    group by all
),

counted as (
    select
        firsts.basis, firsts.cohort_month, active.month,
        count(*) filter (where active.is_active) as active_customers,
        count(*) filter (where active.is_at_end) as current_customers
    from firsts inner join active using (basis, person_id)
    group by all
),

money as (
    select 'purchase' as basis, firsts.cohort_month, purchases.period_start as month, sum(purchases.net_revenue) as net_revenue
    from firsts inner join purchases using (person_id)
    where firsts.basis = 'purchase' and purchases.grain = 'month'
    group by all
)

select
    cells.basis,
    cells.cohort_month,
    cast(datediff('month', cells.cohort_month, cells.month) as int) as months_since_start,
    cells.cohort_customers,
    coalesce(counted.active_customers, 0) as active_customers,
    coalesce(counted.current_customers, 0) as current_customers,
    cells.on_or_after_customers,
    share(coalesce(counted.active_customers, 0), cells.cohort_customers) as active_rate,
    case when cells.basis = 'purchase' then cast(coalesce(money.net_revenue, 0) as decimal(18, 4)) end as net_revenue
from cells
left join counted using (basis, cohort_month, month)
left join money using (basis, cohort_month, month);

create table rfm_by_customer as
with bought as (
    select
        person_id,
        datediff('day', max(ordered_on), date '{as_of}') as recency_days,
        sum(orders) as frequency,
        sum(value) as monetary
    from (
        select person_id, ordered_on, 1 as orders, net as value
        from valid_orders
        where ordered_on >= date '{as_of}' - 365
        union all
        select person_id, ordered_on, 0, -amount_off_order
        from counted_refunds
        where ordered_on >= date '{as_of}' - 365
    )
    group by person_id
    having sum(orders) > 0
),

cuts as (
    select
        quantile_cont(recency_days, [0.2, 0.4, 0.6, 0.8]) as recency,
        quantile_cont(frequency, [0.2, 0.4, 0.6, 0.8]) as frequency
    from bought
),

ranked as (
    select monetary, row_number() over (order by monetary) - 1 as position, count(*) over () - 1 as last_position
    from bought
),

-- exact: five times the cut, between the two nearest customers
monetary_cuts as (
    select
        cut,
        sum(monetary * (5 - abs(last_position * cut - position * 5))) as times_5
    from ranked cross join generate_series(1, 4) as cuts (cut)
    where abs(last_position * cut - position * 5) < 5
    group by cut
),

scored as (
    select
        bought.*,
        5 - len(list_filter(cuts.recency, lambda cut: bought.recency_days > cut)) as recency_score,
        1 + len(list_filter(cuts.frequency, lambda cut: bought.frequency > cut)) as frequency_score,
        1 + len(list_filter(of_money.times_5, lambda cut: bought.monetary * 5 > cut)) as monetary_score
    from bought cross join cuts
    cross join (select list(times_5) as times_5 from monetary_cuts) as of_money
)

select
    scored.person_id as customer_id, scored.recency_days, scored.frequency, scored.monetary,
    scored.recency_score, scored.frequency_score, scored.monetary_score, names.rfm_segment
from scored
inner join '{seeds}/rfm_segments.csv' as names
    on scored.recency_score = names.recency_score
    and names.value_score = (scored.frequency_score + scored.monetary_score + 1) // 2;

create temp table movements as
with steps as (
    select
        person_id, subscription_id, started_on as moved_on, mrr, started_at, term_id,
        case
            when change_cause in ('plan', 'quantity', 'price', 'discount') then change_cause
            when lag(term_id) over earlier is null then 'plan'
            when coalesce(plan_id, '') <> coalesce(lag(plan_id) over earlier, '') then 'plan'
            when coalesce(quantity, '1') <> coalesce(lag(quantity) over earlier, '1') then 'quantity'
            else 'price'
        end as cause
    from terms
    window earlier as (partition by person_id, subscription_id order by started_at, term_id)
    union all by name
    select person_id, subscription_id, ended_on as moved_on, -mrr as mrr, started_at, term_id
    from terms
    where ended_on is not null
),

changes as (
    select
        person_id, moved_on, sum(mrr) as mrr,
        coalesce(first(cause order by started_at desc, term_id desc) filter (where cause is not null), 'plan') as cause
    from steps
    group by person_id, subscription_id, moved_on
    having sum(mrr) <> 0
),

by_day as (
    select person_id, moved_on, sum(mrr) as mrr from changes group by person_id, moved_on
),

turns as (
    select
        by_day.*,
        case when begun.number = 1 then 'new' when begun.number > 1 then 'reactivation'
            when over.number is not null then 'churn' end as movement
    from by_day
    left join spells as begun
        on begun.basis = 'subscription' and by_day.person_id = begun.person_id and by_day.moved_on = begun.started_on
    left join spells as over
        on over.basis = 'subscription' and by_day.person_id = over.person_id and by_day.moved_on = over.ended_on
)

select person_id, moved_on, movement, mrr from turns where movement is not null
union all
select causes.person_id, causes.moved_on, case when causes.mrr > 0 then 'expansion' else 'contraction' end, causes.mrr
from (select person_id, moved_on, cause, sum(mrr) as mrr from changes group by all) as causes
inner join turns using (person_id, moved_on)
where turns.movement is null and causes.mrr <> 0;

create table revenue_retention_by_period as
with daily as (
    select
        person_id, moved_on, sum(mrr) as mrr_change,
        sum(mrr) filter (where movement = 'new') as new_mrr,
        sum(mrr) filter (where movement = 'expansion') as expansion,
        sum(mrr) filter (where movement = 'contraction') as contraction,
        sum(mrr) filter (where movement = 'churn') as churn,
        sum(mrr) filter (where movement = 'reactivation') as reactivation
    from movements
    group by person_id, moved_on
),

moved as (
    select
        daily.person_id, periods.grain, periods.period_start,
        sum(mrr_change) as mrr_change, sum(new_mrr) as new_mrr, sum(expansion) as expansion,
        sum(contraction) as contraction, sum(churn) as churn, sum(reactivation) as reactivation
    from daily
    inner join periods on daily.moved_on >= periods.period_start and daily.moved_on < periods.period_end
    group by all
),

levels as (
    select
        person_id, moved_on as since,
        sum(mrr_change) over (partition by person_id order by moved_on) as mrr
    from daily
),

rows as (
    select
        states.person_id, states.grain, states.period_start,
        coalesce(levels.mrr, 0) as opening,
        coalesce(levels.mrr, 0) + coalesce(moved.mrr_change, 0) as closing,
        moved.new_mrr, moved.expansion, moved.contraction, moved.churn, moved.reactivation
    from (select * from states where basis = 'subscription') as states
    asof left join levels on states.person_id = levels.person_id and states.period_start > levels.since
    left join moved
        on states.person_id = moved.person_id and states.grain = moved.grain and states.period_start = moved.period_start
)

select
    grain as period_grain,
    period_start,
    cast(sum(opening) as decimal(18, 4)) as opening_mrr,
    cast(coalesce(sum(new_mrr), 0) as decimal(18, 4)) as new_mrr,
    cast(coalesce(sum(expansion), 0) as decimal(18, 4)) as expansion_mrr,
    cast(coalesce(-sum(contraction), 0) as decimal(18, 4)) as contraction_mrr,
    cast(coalesce(-sum(churn), 0) as decimal(18, 4)) as churned_mrr,
    cast(coalesce(sum(reactivation), 0) as decimal(18, 4)) as reactivation_mrr,
    cast(sum(closing) as decimal(18, 4)) as closing_mrr,
    share(sum(closing) filter (where opening > 0), sum(opening)) as net_revenue_retention,
    share(sum(least(opening, closing)) filter (where opening > 0), sum(opening)) as gross_revenue_retention
from rows
group by grain, period_start;

create table customer_lifetime_value as
with bought as (
    select
        person_id, count(*) as orders, sum(net) as net, sum(kept) as kept, sum(cost) as cost, min(ordered_on) as first_on
    from valid_orders
    group by person_id
),

given_back as (
    select person_id, sum(amount) as amount from counted_refunds group by person_id
),

recurring as (
    select
        person_id,
        sum(cast(round(
            cast(mrr * datediff('day', started_on, coalesce(ended_on, date '{as_of}')) as decimal(22, 4))
            * 0.032876712329, 4) as decimal(18, 4))) as revenue,
        coalesce(sum(mrr) filter (where ended_on is null), 0) as mrr
    from terms
    group by person_id
),

churn as (
    select basis, share(sum(lost_customers), sum(customers_at_start)) as rate
    from retention_by_period
    where
        period_grain = 'month'
        and period_start >= cast(date_trunc('month', date '{as_of}') - interval 12 month as date)
        and period_start < cast(date_trunc('month', date '{as_of}') as date)
    group by basis
),

everybody as (
    select distinct person_id from people
    union
    select person_id from orders where person_id is not null
)

select
    everybody.person_id as customer_id,
    coalesce(bought.orders, 0) as orders,
    cast(coalesce(bought.net, 0) - coalesce(given_back.amount, 0) as decimal(18, 4)) as net_revenue,
    cast(coalesce(recurring.mrr, 0) as decimal(18, 4)) as mrr,
    cast(
        coalesce(bought.net, 0) - coalesce(given_back.amount, 0) - coalesce(bought.cost, 0) + coalesce(recurring.revenue, 0)
        as decimal(18, 4)
    ) as net_margin,
    share(bought.kept, bought.orders) as average_order_value,
    share(
        bought.orders * 365, greatest(datediff('day', bought.first_on, date '{as_of}'), 365)
    ) as purchase_frequency,
    share(recurring.mrr, (select rate from churn where basis = 'subscription')) as clv_arpa
from everybody
left join bought using (person_id)
left join given_back using (person_id)
left join recurring using (person_id)
where everybody.person_id not in (select person_id from tests);

create table nps_by_period as
with responses as (
    select
        people.person_id, raw.response_id, cast(raw.score as int) as score,
        instant(raw.responded_at) as responded_at, business_day(raw.responded_at) as responded_on
    from '{raw}/voice_survey_responses.parquet' as raw
    inner join people on raw.customer_id = people.record_id
    where raw.survey_type = 'nps' and not people.is_test
),

windows as (
    select 'period' as window_name, grain, period_start, period_start as since, least(period_end, date '{as_of}') as until
    from periods
    union all
    select 'rolling_90d', grain, period_start, least(period_end, date '{as_of}') - 90, least(period_end, date '{as_of}')
    from periods
),

latest as (
    select
        windows.window_name, windows.grain, windows.period_start,
        arg_max(responses.score, (responses.responded_at, responses.response_id)) as score
    from responses
    inner join windows on responses.responded_on >= windows.since and responses.responded_on < windows.until
    group by windows.window_name, windows.grain, windows.period_start, responses.person_id
),

invited as (
    select windows.window_name, windows.grain, windows.period_start, sum(days.invitations) as invitations
    from (
        select business_day(raw.sent_at) as sent_on, count(*) as invitations
        from '{raw}/voice_survey_invitations.parquet' as raw
        inner join people on raw.customer_id = people.record_id
        where raw.survey_type = 'nps' and not people.is_test
        group by all
    ) as days
    inner join windows on days.sent_on >= windows.since and days.sent_on < windows.until
    group by all
),

counted as (
    select
        window_name, grain, period_start,
        count(*) as responses,
        count(*) filter (where score >= 9) as promoters,
        count(*) filter (where score between 7 and 8) as passives,
        count(*) filter (where score <= 6) as detractors
    from latest
    group by all
)

select
    window_name, grain as period_grain, period_start, coalesce(responses, 0) as responses,
    coalesce(promoters, 0) as promoters, coalesce(passives, 0) as passives, coalesce(detractors, 0) as detractors,
    coalesce(invitations, 0) as invitations,
    share(100 * (promoters - detractors), responses) as nps
from counted full join invited using (window_name, grain, period_start);
