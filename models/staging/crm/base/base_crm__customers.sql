with landed as (
    select * from {{ source('raw', 'crm_customers') }}
),

{{ typed_rows('crm_customers') }},

judged as (
    select
        typed.*,
        {{ first_fault('crm_customers') }} as _fault,
        {{ is_unseen('crm_customers') }} as _is_unseen
    from typed
),

{{ row_verdicts('crm_customers') }}

select * from verdicts
