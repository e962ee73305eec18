{# Whether an id belongs to the share (0 to 1) that is held out: always the same ids, by the first digits of their hash. #}
{% macro is_held_out(id, share) -%}
{% set limit = '%04x' | format((share | float * 65536) | round | int) -%}
{{ return("substring(" ~ dbt.hash(id) ~ ", 1, 4) < '" ~ limit ~ "'" if limit | length == 4 else 'true') }}
{%- endmacro %}
