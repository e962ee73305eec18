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
    select * from {{ ref('stg_crm__customer_links') }}
),

-- Compared in groups: a join on unequal customers would pair all with all where an engine knows no row counts.
both_sides as (
    select
        links.customer_id,
        links.merged_into_customer_id,
        records.person_id
    from links
    inner join records on links.customer_id = records.customer_id

    union all

    select
        links.customer_id,
        links.merged_into_customer_id,
        identities.customer_id as person_id
    from links
    inner join identities on links.merged_into_customer_id = identities.record_id
    inner join records on links.customer_id = records.customer_id
)

select
    'record without a customer' as problem,
    customer_id as id
from records
where person_id is null

union all

select
    'customers on both sides of a link' as problem,
    customer_id as id
from both_sides
group by customer_id, merged_into_customer_id
having count(distinct person_id) > 1

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
