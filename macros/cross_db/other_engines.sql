{#
    Spellings for engines that nothing is executed on here: `make test-adapters` compiles them and no more.
    Each is what the engine's manual says for the plain case. Nobody has checked the edges: hours that a clock
    shows twice or skips, odd forms of ISO 8601, line ends in text. Databricks takes what Spark has.
    What an engine needs and does not have here keeps the default and fails there.
#}

{# On BigQuery a timestamp is an instant; one without a zone is kept as if it were in UTC. #}
{% macro bigquery__to_utc(timestamp, zone) -%}
timestamp(datetime({{ timestamp }}), '{{ zone }}')
{%- endmacro %}

{% macro snowflake__to_utc(timestamp, zone) -%}
convert_timezone('{{ zone }}', 'UTC', {{ timestamp }})
{%- endmacro %}

{% macro trino__to_utc(timestamp, zone) -%}
cast(with_timezone({{ timestamp }}, '{{ zone }}') at time zone 'UTC' as timestamp(6))
{%- endmacro %}

{% macro bigquery__from_utc(timestamp, zone) -%}
timestamp(datetime({{ timestamp }}, '{{ zone }}'))
{%- endmacro %}

{% macro snowflake__from_utc(timestamp, zone) -%}
convert_timezone('UTC', '{{ zone }}', {{ timestamp }})
{%- endmacro %}

{% macro trino__from_utc(timestamp, zone) -%}
cast(with_timezone({{ timestamp }}, 'UTC') at time zone '{{ zone }}' as timestamp(6))
{%- endmacro %}

{% macro bigquery__instant_with_offset(text) -%}
{{ try_cast(text, 'timestamp') }}
{%- endmacro %}

{% macro snowflake__instant_with_offset(text) -%}
cast(convert_timezone('UTC', {{ try_cast(text, 'timestamp_tz') }}) as timestamp_ntz)
{%- endmacro %}

{# Its plain `week` begins on Sunday. #}
{% macro bigquery__period_start(grain, day) -%}
date_trunc({{ day }}, {{ 'isoweek' if grain == 'week' else grain }})
{%- endmacro %}

{% macro bigquery__next_period_start(grain, day) -%}
date_add({{ period_start(grain, day) }}, interval 1 {{ grain }})
{%- endmacro %}

{% macro bigquery__type_double() -%}
float64
{%- endmacro %}

{% macro redshift__type_double() -%}
double precision
{%- endmacro %}

{% macro bigquery__try_cast(expression, type) -%}
safe_cast({{ expression }} as {{ type }})
{%- endmacro %}

{% macro bigquery__matches(text, pattern) -%}
regexp_contains({{ text }}, '{{ pattern }}')
{%- endmacro %}

{# Its regexp_like wants the whole text to fit. #}
{% macro snowflake__matches(text, pattern) -%}
regexp_instr({{ text }}, '{{ pattern }}') > 0
{%- endmacro %}

{% macro redshift__matches(text, pattern) -%}
{{ text }} ~ '{{ pattern }}'
{%- endmacro %}

{% macro trino__matches(text, pattern) -%}
regexp_like({{ text }}, '{{ pattern }}')
{%- endmacro %}
