-- int_engagement_customers added up by period and segment.
{% set keys = ['period_grain', 'period_start', 'period_end', 'is_complete'] %}
{% set slices = restated_slices() %}
{{ config(**replace_totals()) }}
with customers as (
    {{ counted_rows('int_engagement_customers', slices) }}
),

totals as (
    select
        {{ keys | join(', ') }},
        {{ segment_columns() }},

        -- rows behind it
        cast(sum({{ signed(1) }}) as bigint) as customer_periods,

        -- customers
        {% for name, condition in {
            'customers': 'is_current_at_start',
            'emailed_customers': 'emails_delivered > 0',
            'visitors': 'visits > 0',
            'visiting_customers': 'is_current_at_start and visits > 0',
            'interacting_customers': 'social_interactions > 0',
        }.items() %}
        cast(sum(case when {{ condition }} then {{ signed(1) }} else 0 end) as bigint) as {{ name }},
        {% endfor %}

        -- what they did
        cast(sum(case when is_current_at_start then {{ signed('social_interactions') }} else 0 end) as bigint)
            as customer_interactions,
        {% for measure in signal_measures() %}
        cast(sum({{ signed(measure) }}) as {{ signal_type(measure) }}) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from customers
    {{ group_by_segments(keys) }}  -- noqa: PRS
),

{{ kept_up('totals', keys, rows='customer_periods') }}

select * from kept_up
