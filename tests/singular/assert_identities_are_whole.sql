-- Every staged record belongs to exactly one customer, and records that share a token or a link to the same one.
with identities as (
    select * from {{ ref('int_customer_identities') }}
),

records as (
    select
        stg.customer_id,
        stg.email,
        stg.phone,
        identities.customer_id as person_id
    from {{ ref('stg_crm__customers') }} as stg
    left join identities on stg.customer_id = identities.record_id
),

links as (
    select
        records.person_id,
        targets.customer_id as target_person_id
    from {{ ref('stg_crm__customer_links') }} as stg
    inner join identities as records_of on stg.customer_id = records_of.record_id
    inner join identities as targets on stg.merged_into_customer_id = targets.record_id
    inner join records on records_of.record_id = records.customer_id
)

select
    'record without a customer' as problem,
    customer_id as id
from records
where person_id is null

union all

select
    'customers on both sides of a link' as problem,
    person_id as id
from links
where person_id <> target_person_id

{% if var('merge_on_shared_tokens') %}
{% for token in ['email', 'phone'] %}
union all

select
    'one {{ token }} token, several customers' as problem,
    {{ token }} as id
from records
where {{ token }} is not null
group by {{ token }}
having count(distinct person_id) > 1
{% endfor %}
{% endif %}
