{#
    The one mechanism for segments. A model that groups by these sets has one row for the whole
    ('all'/'all') and one for each value of each attribute that the var `segments` names.
#}

{# Attributes of customer records. #}
{% macro record_attributes() -%}
{{ return(['country', 'region', 'customer_type', 'acquisition_channel', 'persona', 'age_band', 'gender']) }}
{%- endmacro %}

{# Attributes of int_customer_segments, by which marts can be cut: those of the record, and what the customer did. #}
{% macro segment_attributes() -%}
{{ return(record_attributes() + ['plan', 'loyalty_tier', 'rfm_segment', 'value_decile', 'sales_channel']) }}
{%- endmacro %}

{# Those of the chosen ones that compare a customer with all others. #}
{% macro scored_segments() -%}
{{ return(chosen_segments() | select('in', ['rfm_segment', 'value_decile']) | list) }}
{%- endmacro %}

{% macro chosen_segments() -%}
{% for segment in var('segments') if segment not in segment_attributes() %}
    {{ exceptions.raise_compiler_error("segments: '" ~ segment ~ "' is none of " ~ segment_attributes() | join(', ')) }}
{% endfor %}
{{ return(var('segments')) }}
{%- endmacro %}

{% macro group_by_segments(keys) -%}
group by grouping sets (
    ({{ keys | join(', ') }})
    {%- for segment in chosen_segments() %},
    ({{ keys | join(', ') }}, {{ segment }})
    {%- endfor %}
)
{%- endmacro %}

{% macro segment_columns() -%}
{% if chosen_segments() -%}
case
            {%- for segment in chosen_segments() %}
            when grouping({{ segment }}) = 0 then '{{ segment }}'
            {%- endfor %}
            else 'all'
        end as segment_name,
        case
            {%- for segment in chosen_segments() %}
            when grouping({{ segment }}) = 0 then {{ segment }}
            {%- endfor %}
            else 'all'
        end as segment_value
{%- else -%}
'all' as segment_name,
        'all' as segment_value
{%- endif %}
{%- endmacro %}

{# The attributes of a customer record's version on a day. #}
{% macro attributes_as_of(versions, day) -%}
{% for attribute in record_attributes() -%}
{% if attribute == 'age_band' -%}
{{ age_band(versions ~ '.birth_date', day) }} as age_band
{%- else -%}
{{ versions }}.{{ attribute }}
{%- endif %}{% if not loop.last %},
        {% endif %}
{%- endfor %}
{%- endmacro %}

{# All attributes, for a model that has joined int_customer_segments on customer and period; 'unknown' where that has
   no row. #}
{% macro attributes_of(segments) -%}
{% for attribute in segment_attributes() -%}
coalesce({{ segments }}.{{ attribute }}, 'unknown') as {{ attribute }}{% if not loop.last %},
        {% endif %}
{%- endfor %}
{%- endmacro %}

{# Whether a row is the whole or a segment of at least minimum_group_size customers. #}
{% macro is_large_enough(customers, group_name='segment_name') -%}
({{ group_name }} = 'all' or {{ customers }} >= {{ var('minimum_group_size') | int }})
{%- endmacro %}

{# A rate, null where the segment holds fewer customers than minimum_group_size. #}
{% macro segment_rate(numerator, denominator, customers) -%}
case when {{ is_large_enough(customers) }} then {{ ratio(numerator, denominator) }} end
{%- endmacro %}

{# Joins two relations by period and segment, and by further keys. #}
{% macro same_segment_period(one, other, further=[]) -%}
{% for key in further + ['period_grain', 'period_start', 'segment_name', 'segment_value'] -%}
{{ one }}.{{ key }} = {{ other }}.{{ key }}{% if not loop.last %}
            and {% endif %}
{%- endfor %}
{%- endmacro %}
