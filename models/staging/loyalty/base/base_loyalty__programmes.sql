with landed as (
    select * from {{ source('raw', 'loyalty_programmes') }}
),

{{ typed_rows('loyalty_programmes') }},

judged as (
    select
        typed.*,
        {{ judgement('loyalty_programmes') }}
    from typed
),

{{ row_verdicts('loyalty_programmes') }}

select * from verdicts
