-- Spells of a customer follow each other without touching, and only the last one may be open.
with spells as (
    select
        *,
        lead(started_on) over (partition by customer_id, basis order by spell_number nulls last) as next_started_on,
        lead(spell_number) over (partition by customer_id, basis order by spell_number nulls last) as next_spell_number
    from {{ ref('fct_customer_spells') }}
)

select * from spells
where
    ended_on <= started_on
    or (next_spell_number is not null and (ended_on is null or next_started_on < ended_on))
    or next_spell_number <> spell_number + 1
