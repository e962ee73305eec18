-- What was known of each customer, and when: one row per customer and version of its own record.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with records as (
    select * from {{ ref('base_crm__customers') }}
    where _verdict in ('staged', 'superseded')
    {{ only(slices, word='and') }}
),

current_records as (
    select * from {{ ref('stg_crm__customers') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
    {{ only(slices) }}
),

guests as (
    select * from {{ ref('int_guest_customers') }}
    where is_guest
    {{ only(slices, word='and') }}
),

links as (
    select * from {{ ref('stg_crm__customer_links') }}
),

-- Customers of whom there is no record: guests, and ids that are known from a link alone.
without_record as (
    select
        customer_id,
        first_ordered_at as changed_at
    from guests

    union all

    select
        identities.customer_id,
        min(links.linked_at) as changed_at
    from identities
    inner join links on identities.record_id = links.customer_id
    left join current_records on identities.customer_id = current_records.customer_id
    where current_records.customer_id is null
    group by identities.customer_id
),

versions as (
    select
        records.*,
        coalesce(records.updated_at, records.created_at) as changed_at,
        row_number() over (
            partition by records.customer_id, coalesce(records.updated_at, records.created_at)
            order by records._version nulls last
        ) as delivery_number
    from records
    inner join current_records on records.customer_id = current_records.customer_id
    inner join identities on records.customer_id = identities.record_id
    where identities.record_id = identities.customer_id
),

attributes as (
    select
        customer_id,
        changed_at,
        birth_date,
        coalesce(country_code, 'unknown') as country,
        coalesce(region, 'unknown') as region,
        coalesce(customer_type, 'unknown') as customer_type,
        coalesce(acquisition_channel, 'unknown') as acquisition_channel,
        coalesce(persona, 'unknown') as persona,
        coalesce(gender, 'unknown') as gender,
        interests
    from versions
    where delivery_number = 1

    union all

    select
        customer_id,
        changed_at,
        cast(null as date) as birth_date,
        'unknown' as country,
        'unknown' as region,
        'unknown' as customer_type,
        'unknown' as acquisition_channel,
        'unknown' as persona,
        'unknown' as gender,
        cast(null as {{ dbt.type_string() }}) as interests
    from without_record
),

intervals as (
    select
        *,
        cast(row_number() over (partition by customer_id order by changed_at nulls last) as int) as version_number,
        lead(changed_at) over (partition by customer_id order by changed_at nulls last) as next_changed_at
    from attributes
),

-- A period sees the version in force at its first instant; before the first one, the first one counts.
dated as (
    select
        *,
        case
            when version_number = 1 then cast('1900-01-01' as date) else {{ add_days(business_day('changed_at'), 1) }}
        end as counts_from_on,
        coalesce({{ add_days(business_day('next_changed_at'), 1) }}, cast('9999-12-31' as date)) as counts_until_on
    from intervals
)

select * from dated
