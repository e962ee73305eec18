-- Customer ids that other rows may point to: records, and records that were merged away.
{% set slices = {'customer_id': 'int_touched_records'} %}
{{ config(**replace_slices(slices)) }}
with customers as (
    select * from {{ ref('base_crm__customers') }}
    {{ only(slices) }}
),

links as (
    select * from {{ ref('base_crm__customer_links') }}
    {{ only(slices) }}
),

ids as (
    select
        customer_id,
        _verdict
    from customers

    union all

    select
        customer_id,
        _verdict
    from links
),

{{ known_ids('customer_id', from='ids') }}

select * from known
