{# Text without the differences that people overlook: ASCII letters in lower case, no blanks, tabs or line ends. #}
{% macro folded(text) -%}
translate(
    {{ text }}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ {{ '\t\r\n' }}{{ '\u00a0' }}', 'abcdefghijklmnopqrstuvwxyz'
)
{%- endmacro %}

{# The same with its words kept apart, by one blank each. #}
{% macro folded_words(text) -%}
replace(replace(translate(
    {{ text }}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ{{ '\t\r\n' }}{{ '\u00a0' }}', 'abcdefghijklmnopqrstuvwxyz    '
), '  ', ' '), '  ', ' ')
{%- endmacro %}
