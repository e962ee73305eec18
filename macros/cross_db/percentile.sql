{#
    The value below which a share of the values lies, linear between the two nearest ones; nulls do not count. The last
    digit may differ between engines. An aggregate: give it a double, from whole numbers where the figure is published.
#}
{% macro percentile(value, share) -%}
{{ return(adapter.dispatch('percentile', 'holdfast')('cast(' ~ value ~ ' as ' ~ type_double() ~ ')', share)) }}
{%- endmacro %}

{% macro default__percentile(value, share) -%}
quantile_cont({{ value }}, {{ share }})
{%- endmacro %}

{% macro spark__percentile(value, share) -%}
percentile({{ value }}, {{ share }})
{%- endmacro %}

{#
    One of several percentiles of the same whole numbers. Engines keep all values of all groups in memory, and cannot put
    them elsewhere: what names the same shares is worked out once, and integers take half of the room of doubles.
    Seconds between two instants fit: none is before 1990 or after its delivery.
#}
{% macro percentile_among(value, share, shares) -%}
{{ return(adapter.dispatch('percentile_among', 'holdfast')('cast(' ~ value ~ ' as int)', shares, shares.index(share) + 1)) }}
{%- endmacro %}

{% macro default__percentile_among(value, shares, place) -%}
list_extract(quantile_cont({{ value }}, [{{ shares | join(', ') }}]), {{ place }})
{%- endmacro %}

{% macro spark__percentile_among(value, shares, place) -%}
element_at(percentile({{ value }}, array({{ shares | join(', ') }})), {{ place }})
{%- endmacro %}
