with landed as (
    select * from {{ source('raw', 'billing_plans') }}
),

{{ typed_rows('billing_plans') }},

judged as (
    select
        typed.*,
        {{ judgement('billing_plans') }}
    from typed
),

{{ row_verdicts('billing_plans') }}

select * from verdicts
