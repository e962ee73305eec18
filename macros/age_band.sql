{# The age band on a day of somebody born on another; 'unknown' without a birth date. #}
{% macro age_band(birth_date, day) -%}
{% set age -%}
(extract(year from {{ day }}) - extract(year from {{ birth_date }})
    - case
        when extract(month from {{ day }}) * 100 + extract(day from {{ day }})
            < extract(month from {{ birth_date }}) * 100 + extract(day from {{ birth_date }}) then 1
        else 0
    end)
{%- endset %}
case
    when {{ birth_date }} is null then 'unknown'
    when {{ age }} < 18 then 'under 18'
    when {{ age }} < 25 then '18-24'
    when {{ age }} < 35 then '25-34'
    when {{ age }} < 45 then '35-44'
    when {{ age }} < 55 then '45-54'
    when {{ age }} < 65 then '55-64'
    else '65+'
end
{%- endmacro %}
