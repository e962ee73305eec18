-- A rate many times the one before it, or a fraction of it, is a slipped point or a pair turned round.
{{ config(store_failures=true, schema='quarantine', alias='exchange_rate_jumps') }}
with rates as (
    select
        from_currency,
        to_currency,
        rate_date,
        rate,
        lag(rate_date) over (partition by from_currency, to_currency order by rate_date nulls last) as previous_date,
        lag(rate) over (partition by from_currency, to_currency order by rate_date nulls last) as previous_rate
    from {{ ref('stg_finance__exchange_rates') }}
),

compared as (
    select
        *,
        {{ ratio('rate', 'previous_rate') }} as jump_factor
    from rates
)

select * from compared
where jump_factor > {{ var('exchange_rate_jump_limit') }} or jump_factor * {{ var('exchange_rate_jump_limit') }} < 1
