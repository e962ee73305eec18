{# Every one of the columns is filled in every row. #}
{% test all_filled(model, columns) %}
select *
from {{ model }}
where
    {% for column in columns %}
    {{ column }} is null{% if not loop.last %} or{% endif %}
    {% endfor %}
{% endtest %}
