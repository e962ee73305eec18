{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with records as (
    select * from {{ ref('stg_crm__customers') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
    {{ only(slices) }}
),

versions as (
    select * from {{ ref('int_customer_versions') }}
    where
        counts_until_on = cast('9999-12-31' as date)
        {{ only(slices, word='and') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

people as (
    select
        identities.customer_id,
        count(*) as source_records,
        max(case when records.is_test then 1 else 0 end) = 1 as is_test,
        min(records.created_at) as created_at
    from identities
    left join records on identities.record_id = records.customer_id
    group by identities.customer_id
),

customers as (
    select
        -- ids
        versions.customer_id,
        records.account_id,
        records.acquisition_campaign_id,

        -- text
        versions.country,
        versions.region,
        coalesce(records.city, 'unknown') as city,
        versions.customer_type,
        versions.acquisition_channel,
        versions.persona,
        {{ age_band('versions.birth_date', 'as_of.as_of_date') }} as age_band,
        versions.gender,
        records.interests,

        -- numbers
        cast(coalesce(people.source_records, 0) as int) as source_records,

        -- flags
        coalesce(records.marketing_consent, false) as has_marketing_consent,
        people.customer_id is null as is_guest,
        coalesce(people.is_test, false) as is_test,

        -- times
        coalesce(people.created_at, versions.changed_at) as created_at
    from versions
    cross join as_of
    left join people on versions.customer_id = people.customer_id
    left join records on versions.customer_id = records.customer_id
)

select * from customers
