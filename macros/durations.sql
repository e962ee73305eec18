{# Durations from whole seconds: the same on every engine, and exact. #}

{# Seconds from one instant to another, each cut to its second. #}
{% macro seconds_between(earlier, later) -%}
86400 * cast({{ days_between('cast(' ~ earlier ~ ' as date)', 'cast(' ~ later ~ ' as date)') }} as bigint)
            + ({{ second_of_day(later) }}) - ({{ second_of_day(earlier) }})
{%- endmacro %}

{% macro second_of_day(instant) -%}
3600 * cast(extract(hour from {{ instant }}) as bigint) + 60 * cast(extract(minute from {{ instant }}) as bigint)
            + cast(floor(cast(extract(second from {{ instant }}) as decimal(8, 6))) as bigint)
{%- endmacro %}

{# Whole seconds in hours (3600) or minutes (60), to four decimals. No value lies half-way, so any rounding agrees. #}
{% macro seconds_as(unit_seconds, seconds) -%}
cast(
            cast(
                floor({{ ratio('10000 * (' ~ seconds ~ ')', unit_seconds) }} + 0.5e0) as decimal(18, 0)
            ) * 0.0001 as decimal(18, 4)
        )
{%- endmacro %}
