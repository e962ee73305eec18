{# An amount in the reporting currency, rounded on purpose to four decimals.
   decimal(19, 4) x decimal(18, 12) is exact on both engines. #}
{% macro to_reporting(amount, rate) -%}
cast(round(cast({{ amount }} as decimal(19, 4)) * {{ rate }}, 4) as decimal(18, 4))
{%- endmacro %}

{# What MRR earned over days (`mrr_days`: MRR x days, or a sum of them): MRR x 12 / 365 a day, to four decimals.
   decimal(22, 4) x decimal(12, 12) is exact on both engines. #}
{% macro earned(mrr_days) -%}
cast(round(cast({{ mrr_days }} as decimal(22, 4)) * 0.032876712329, 4) as decimal(18, 4))
{%- endmacro %}

{#
    A recurring amount per month, exact to four decimals (half up): year / 12, quarter / 3, week x 52 / 12.
    Counted in ten-thousandths, where a double holds every value and every half exactly.
#}
{% macro monthly_amount(amount, billing_interval) -%}
{% set yearly -%}
cast({{ amount }} * 10000 as {{ type_double() }})
            * case {{ billing_interval }} when 'year' then 1 when 'quarter' then 4 when 'week' then 52 else 12 end
{%- endset %}
cast(
    cast(
        floor(
            {{ ratio(yearly, 12) }} + 0.5
        ) as decimal(18, 0)
    ) * 0.0001 as decimal(18, 4)
)
{%- endmacro %}
