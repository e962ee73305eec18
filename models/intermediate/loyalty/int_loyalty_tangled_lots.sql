-- Lots of accounts in which one expires before an older one: there the queue may pass lots over, because older
-- ones that live longer had served beyond their limit. The first rounds of finding them.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
{% set before -%}
partition by account_id order by lot_number nulls last rows between unbounded preceding and 1 preceding
{%- endset %}
with lots as (
    select * from {{ ref('int_loyalty_queue') }}
    where
        kind = 'lot'
        {{ only(slices, word='and') }}
),

compared as (
    select
        *,
        max(queue_until) over ({{ before }}) as highest_before
    from lots
),

judged as (
    select
        *,
        max(case when queue_until < highest_before then 1 else 0 end) over (partition by account_id) = 1 as is_tangled
    from compared
),

round_0 as (
    select
        entry_id,
        account_id,
        customer_id,
        lot_number,
        lot_points,
        queue_until,
        false as is_passed_over
    from judged
    where is_tangled
),

{{ fifo_rounds(6) }}

select * from round_6
