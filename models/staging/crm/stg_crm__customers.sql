with judged as (
    select * from {{ ref('base_crm__customers') }}
),

staged as (
    select
        -- ids
        customer_id,

        -- text
        full_name,
        email,
        phone,
        gender,
        country_code,
        region,
        city,
        customer_type,
        account_id,
        acquisition_channel,
        acquisition_campaign_id,
        persona,
        interests,

        -- flags
        marketing_consent,
        is_test,

        -- times
        created_at,
        birth_date,
        updated_at
    from judged
    where _verdict = 'staged'
)

select * from staged
