-- No reference is checked: who asks to be forgotten may be unknown here, or gone already.
with landed as (
    select * from {{ source('raw', 'crm_erasure_requests') }}
),

{{ typed_rows('crm_erasure_requests') }},

judged as (
    select
        typed.*,
        {{ judgement('crm_erasure_requests') }}
    from typed
),

{{ row_verdicts('crm_erasure_requests') }}

select * from verdicts
