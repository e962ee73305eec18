{# Text without the differences that people overlook: ASCII letters in lower case, no blanks, tabs or line ends. #}
{% macro folded(text) -%}
translate(
    {{ text }}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ {{ '\t\r\n' }}{{ '\u00a0' }}', 'abcdefghijklmnopqrstuvwxyz'
)
{%- endmacro %}
