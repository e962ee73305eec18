-- Lots that the queue passes over: found in twelve rounds, six of them here. Leaving such a lot in makes what is served
-- smaller, never greater, so that whatever a round finds is passed over; assert_lots_are_spent_in_turn holds the rounds
-- to have found all.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with round_0 as (
    select * from {{ ref('int_loyalty_tangled_lots') }}
    {{ only(slices) }}
),

{{ fifo_rounds(6) }},

passed_over as (
    select
        entry_id,
        customer_id
    from round_6
    where is_passed_over
)

select * from passed_over
