-- First in, first out: the stretch of its account's queue that each lot serves. Lots serve in order of time, each from
-- where the one before it stopped, over as many points as it holds, and never beyond its limit, the queue at its end:
--
--     u(i) = max(u(i - 1), min(u(i - 1) + points(i), limit(i)))
--
-- Without the lots that are passed over, the maximum is never needed, and with P for the points added up
--
--     u(i) = P(i) + min(0, min over j <= i of limit(j) - P(j))
--
-- What no lot serves is overdrawn: the next lot of the account, once it comes, begins with it.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
{% set so_far = 'over (partition by account_id order by lot_number nulls last rows unbounded preceding)' %}
with queue as (
    select * from {{ ref('int_loyalty_queue') }}
    {{ only(slices) }}
),

lots as (
    select * from queue
    where kind = 'lot'
),

passed_over as (
    select * from {{ ref('int_loyalty_passed_over') }}
),

judged as (
    select
        lots.*,
        passed_over.entry_id is not null as is_passed_over
    from lots
    left join passed_over on lots.entry_id = passed_over.entry_id
),

added_up as (
    select
        *,
        sum(case when is_passed_over then 0 else lot_points end) {{ so_far }} as points_so_far
    from judged
),

served as (
    select
        *,
        cast(
            points_so_far
            + min(
                case when not is_passed_over and queue_until < points_so_far then queue_until - points_so_far else 0 end
            ) {{ so_far }}
            as decimal(18, 4)
        ) as served_until
    from added_up
),

lot_spans as (
    select
        entry_id as lot_id,
        account_id,
        customer_id,
        lot_number,
        lot_points,
        queue_until as queue_limit,
        coalesce(
            lag(served_until) over (partition by account_id order by lot_number nulls last), cast(0 as decimal(18, 4))
        ) as served_from,
        served_until
    from served
),

reach as (
    select
        account_id,
        max(served_until) as served_until
    from served
    group by account_id
),

overdrawn as (
    select
        queue.account_id,
        queue.customer_id,
        coalesce(max(reach.served_until), cast(0 as decimal(18, 4))) as served_from,
        max(queue.queue_until) as served_until
    from queue
    left join reach on queue.account_id = reach.account_id
    group by queue.account_id, queue.customer_id
),

spans as (
    select * from lot_spans

    union all

    select
        {{ dbt.concat(['account_id', "' overdrawn'"]) }} as lot_id,
        account_id,
        customer_id,
        cast(null as int) as lot_number,
        cast(0 as decimal(18, 4)) as lot_points,
        served_until as queue_limit,
        served_from,
        served_until
    from overdrawn
    where served_from < served_until
)

select * from spans
