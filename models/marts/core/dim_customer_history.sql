{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
with versions as (
    select * from {{ ref('int_customer_versions') }}
    {{ only(slices) }}
),

history as (
    select
        -- ids
        customer_id,
        version_number,

        -- text
        country,
        region,
        customer_type,
        acquisition_channel,
        persona,
        {{ age_band('birth_date', business_day('changed_at')) }} as age_band,
        gender,

        -- times
        changed_at as valid_from,
        next_changed_at as valid_to,
        next_changed_at is null as is_current
    from versions
)

select * from history
