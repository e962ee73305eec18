{# Instants are kept as UTC timestamps without a zone; days are business days. #}

{# The UTC instant of a wall-clock timestamp in a zone. #}
{% macro to_utc(timestamp, zone) -%}
{{ return(adapter.dispatch('to_utc', 'holdfast')(timestamp, zone)) }}
{%- endmacro %}

{% macro default__to_utc(timestamp, zone) -%}
timezone('UTC', timezone('{{ zone }}', {{ timestamp }}))
{%- endmacro %}

{% macro spark__to_utc(timestamp, zone) -%}
to_utc_timestamp({{ timestamp }}, '{{ zone }}')
{%- endmacro %}

{# The wall-clock timestamp in a zone of a UTC instant. #}
{% macro from_utc(timestamp, zone) -%}
{{ return(adapter.dispatch('from_utc', 'holdfast')(timestamp, zone)) }}
{%- endmacro %}

{% macro default__from_utc(timestamp, zone) -%}
timezone('{{ zone }}', timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{% macro spark__from_utc(timestamp, zone) -%}
from_utc_timestamp({{ timestamp }}, '{{ zone }}')
{%- endmacro %}

{# The UTC instant of ISO 8601 text that ends in Z or an offset, whatever the session's zone. #}
{% macro instant_with_offset(text) -%}
{{ return(adapter.dispatch('instant_with_offset', 'holdfast')(text)) }}
{%- endmacro %}

{% macro default__instant_with_offset(text) -%}
timezone('UTC', {{ try_cast(text, 'timestamptz') }})
{%- endmacro %}

{% macro spark__instant_with_offset(text) -%}
{{ try_cast(text, 'timestamp') }}
{%- endmacro %}

{# The business day of a UTC instant. #}
{% macro business_day(timestamp) -%}
cast({{ from_utc(timestamp, var('business_timezone')) }} as date)
{%- endmacro %}

{% macro add_days(day, days) -%}
cast({{ dbt.dateadd('day', days, day) }} as date)
{%- endmacro %}

{# The first day of the week (Monday), month, quarter or year that holds a day. #}
{% macro period_start(grain, day) -%}
cast({{ dbt.date_trunc(grain, day) }} as date)
{%- endmacro %}

{# The first day of the next one. #}
{% macro next_period_start(grain, day) -%}
cast({{ dbt.dateadd(grain, 1, dbt.date_trunc(grain, day)) }} as date)
{%- endmacro %}

{# Whole months from the month of one day to the month of another. #}
{% macro months_between(earlier, later) -%}
cast(
    (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
    + extract(month from {{ later }}) - extract(month from {{ earlier }}) as int
)
{%- endmacro %}
