{# Instants are kept as UTC timestamps without a zone; days are business days. #}

{# The UTC instant of a wall-clock timestamp in a zone. What a clock skipped in spring lies an hour later,
   what it showed twice in autumn is the second of the two. #}
{% macro to_utc(timestamp, zone) -%}
{{ return(timestamp if zone == 'UTC' else adapter.dispatch('to_utc', 'holdfast')(timestamp, zone)) }}
{%- endmacro %}

{% macro default__to_utc(timestamp, zone) -%}
timezone('UTC', timezone('{{ zone }}', {{ timestamp }}))
{%- endmacro %}

{# Spark takes the first of the two: so the offset of three hours later counts, where it fits. #}
{% macro spark__to_utc(timestamp, zone) -%}
{% set later = "timestampadd(hour, -3, convert_timezone('" ~ zone ~ "', 'UTC', timestampadd(hour, 3, " ~ timestamp ~ ")))" %}
case
    when convert_timezone('UTC', '{{ zone }}', {{ later }}) = {{ timestamp }} then {{ later }}
    else convert_timezone('{{ zone }}', 'UTC', {{ timestamp }})
end
{%- endmacro %}

{# The wall-clock timestamp in a zone of a UTC instant. #}
{% macro from_utc(timestamp, zone) -%}
{{ return(timestamp if zone == 'UTC' else adapter.dispatch('from_utc', 'holdfast')(timestamp, zone)) }}
{%- endmacro %}

{% macro default__from_utc(timestamp, zone) -%}
timezone('{{ zone }}', timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{% macro spark__from_utc(timestamp, zone) -%}
convert_timezone('UTC', '{{ zone }}', {{ timestamp }})
{%- endmacro %}

{# The UTC instant of ISO 8601 text that ends in Z or an offset of less than 18 hours, whatever the session's zone. #}
{% macro instant_with_offset(text) -%}
{{ return(adapter.dispatch('instant_with_offset', 'holdfast')(text)) }}
{%- endmacro %}

{% macro default__instant_with_offset(text) -%}
timezone('UTC', {{ try_cast(text, 'timestamptz') }})
{%- endmacro %}

{# By way of the epoch: a cast between the two kinds of timestamp would go through the session's zone.
   Spark reads an offset after seconds only. #}
{% macro spark__instant_with_offset(text) -%}
{% set with_seconds = "regexp_replace(" ~ text ~ ", '([T ][0-9]{2}:[0-9]{2})(Z|[+-])', '$1:00$2')" %}
timestampadd(microsecond, unix_micros({{ try_cast(with_seconds, 'timestamp_ltz') }}), timestamp_ntz '1970-01-01 00:00:00')
{%- endmacro %}

{# The business day of a UTC instant. #}
{% macro business_day(timestamp) -%}
cast({{ from_utc(timestamp, var('business_timezone')) }} as date)
{%- endmacro %}

{# A day that lies so many days later. #}
{% macro add_days(day, days) -%}
{{ return(adapter.dispatch('add_days', 'holdfast')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
cast({{ dbt.dateadd('day', days, day) }} as date)
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{# Days from one day to another; negative where the second comes first. #}
{% macro days_between(earlier, later) -%}
{{ return(adapter.dispatch('days_between', 'holdfast')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
cast({{ dbt.datediff(earlier, later, 'day') }} as int)
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
datediff({{ later }}, {{ earlier }})
{%- endmacro %}

{# The instant 24 hours after another, to the microsecond. #}
{% macro a_day_after(timestamp) -%}
{{ return(adapter.dispatch('a_day_after', 'holdfast')(timestamp)) }}
{%- endmacro %}

{% macro default__a_day_after(timestamp) -%}
{{ dbt.dateadd('day', 1, timestamp) }}
{%- endmacro %}

{% macro spark__a_day_after(timestamp) -%}
timestampadd(day, 1, {{ timestamp }})
{%- endmacro %}

{# The first day of the week (Monday), month, quarter or year that holds a day. #}
{% macro period_start(grain, day) -%}
{{ return(adapter.dispatch('period_start', 'holdfast')(grain, day)) }}
{%- endmacro %}

{% macro default__period_start(grain, day) -%}
cast({{ dbt.date_trunc(grain, day) }} as date)
{%- endmacro %}

{% macro spark__period_start(grain, day) -%}
trunc({{ day }}, '{{ grain }}')
{%- endmacro %}

{# The first day of the next one. #}
{% macro next_period_start(grain, day) -%}
{{ return(adapter.dispatch('next_period_start', 'holdfast')(grain, day)) }}
{%- endmacro %}

{% macro default__next_period_start(grain, day) -%}
cast({{ dbt.dateadd(grain, 1, dbt.date_trunc(grain, day)) }} as date)
{%- endmacro %}

{% macro spark__next_period_start(grain, day) -%}
{% if grain == 'week' -%}
date_add(trunc({{ day }}, 'week'), 7)
{%- else -%}
add_months(trunc({{ day }}, '{{ grain }}'), {{ {'month': 1, 'quarter': 3, 'year': 12}[grain] }})
{%- endif %}
{%- endmacro %}

{# Whole months from the month of one day to the month of another. #}
{% macro months_between(earlier, later) -%}
cast(
    (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
    + extract(month from {{ later }}) - extract(month from {{ earlier }}) as int
)
{%- endmacro %}
