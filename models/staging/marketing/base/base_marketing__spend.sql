with landed as (
    select * from {{ source('raw', 'marketing_spend') }}
),

{{ typed_rows('marketing_spend') }},

judged as (
    select
        typed.*,
        {{ judgement('marketing_spend') }}
    from typed
),

{{ row_verdicts('marketing_spend') }}

select * from verdicts
