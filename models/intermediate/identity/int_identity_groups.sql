-- What makes records one person: the end of a chain of links, or a token that several carry. Most records share nothing
-- with any other and are not here.
{% set tokens = ['email', 'phone'] if var('merge_on_shared_tokens') else [] %}
with records as (
    select * from {{ ref('stg_crm__customers') }}
),

merged_records as (
    select * from {{ ref('int_customer_merges') }}
),

{% for token in tokens %}
shared_{{ token }}s as (
    select {{ token }}
    from records
    group by {{ token }}
    having count(*) > 1
),

{% endfor %}
memberships as (
    select
        customer_id,
        {{ dbt.concat(["'root:'", 'root_customer_id']) }} as group_id
    from merged_records

    union

    select
        root_customer_id as customer_id,
        {{ dbt.concat(["'root:'", 'root_customer_id']) }} as group_id
    from merged_records
    {% for token in tokens %}

    union

    select
        records.customer_id,
        {{ dbt.concat(["'" ~ token ~ ":'", 'records.' ~ token]) }} as group_id
    from records
    inner join shared_{{ token }}s on records.{{ token }} = shared_{{ token }}s.{{ token }}
    {% endfor %}
)

select * from memberships
