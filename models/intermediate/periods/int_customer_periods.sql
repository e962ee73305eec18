-- Each customer and period once, whatever the basis: a customer is whoever is one on any basis.
{% set slices = restated_slices() %}
{{ config(**replace_slices(slices, keeps_replaced=true)) }}
with customer_periods as (
    select * from {{ ref('fct_customer_periods') }}
    {{ only(slices) }}
),

starts as (
    select * from {{ ref('int_customer_starts') }}
),

on_any_basis as (
    select
        customer_id,
        period_grain,
        period_start,
        period_end,
        is_complete,
        {{ segment_attributes() | join(',\n        ') }},
        max(case when is_current_at_start then 1 else 0 end) = 1 as is_current_at_start,
        max(case when is_current_at_end then 1 else 0 end) = 1 as is_current_at_end,
        cast(sum(coalesce(net_margin, 0) + coalesce(recurring_revenue, 0)) as decimal(18, 4)) as net_margin
    from customer_periods
    group by
        customer_id,
        period_grain,
        period_start,
        period_end,
        is_complete,
        {{ segment_attributes() | join(',\n        ') }}
),

judged as (
    select
        on_any_basis.*,
        on_any_basis.is_current_at_start and not on_any_basis.is_current_at_end as is_lost,
        coalesce(
            starts.started_on >= on_any_basis.period_start and starts.started_on < on_any_basis.period_end, false
        ) as is_acquired
    from on_any_basis
    left join starts on on_any_basis.customer_id = starts.customer_id
)

select * from judged
