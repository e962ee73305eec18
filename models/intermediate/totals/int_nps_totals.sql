-- Promoters, passives, detractors and invitations by window, period and segment.
{% set keys = ['window_name', 'period_grain', 'period_start', 'period_end', 'is_complete'] %}
{% set slices = restated_slices('int_restated_respondents') %}
{{ config(**replace_totals()) }}
with responses as (
    {{ counted_rows('int_nps_responses', slices) }}
),

invitations as (
    {{ counted_rows('int_nps_invitations', slices) }}
),

both_kinds as (
    select
        {{ keys | join(', ') }},
        {{ segment_attributes() | join(', ') }},
        weight,
        nps_group as kind
    from responses

    union all

    select
        {{ keys | join(', ') }},
        {{ segment_attributes() | join(', ') }},
        weight,
        'invitation' as kind
    from invitations
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},
        {% for kind in ['promoter', 'passive', 'detractor', 'invitation'] %}
        cast(sum(case when kind = '{{ kind }}' then {{ signed(1) }} else 0 end) as bigint) as {{ kind }}s
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from both_kinds
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='promoters + passives + detractors + invitations') }}

select * from kept_up
