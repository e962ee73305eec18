-- Promoters, passives, detractors and invitations by window, period and segment.
{% set keys = ['window_name', 'period_grain', 'period_start', 'period_end', 'is_complete'] %}
with responses as (
    select * from {{ ref('int_nps_responses') }}
),

invitations as (
    select * from {{ ref('int_nps_invitations') }}
),

both_kinds as (
    select
        {{ keys | join(', ') }},
        {{ segment_attributes() | join(', ') }},
        nps_group as kind
    from responses

    union all

    select
        {{ keys | join(', ') }},
        {{ segment_attributes() | join(', ') }},
        'invitation' as kind
    from invitations
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        {% for kind in ['promoter', 'passive', 'detractor', 'invitation'] %}
        cast(sum(case when kind = '{{ kind }}' then 1 else 0 end) as bigint) as {{ kind }}s
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from both_kinds
    {{ group_by_segments(keys) }}  -- noqa: PRS
)

select * from totals
