with landed as (
    select * from {{ source('raw', 'billing_plans') }}
),

{{ typed_rows('billing_plans') }},

judged as (
    select
        typed.*,
        {{ first_fault('billing_plans') }} as _fault,
        {{ is_unseen('billing_plans') }} as _is_unseen
    from typed
),

{{ row_verdicts('billing_plans') }}

select * from verdicts
