{#
    How a raw row is typed and judged. The contract of each column (type, whether it is required, its
    codes and limits) stands once, in the sources beside the staging models; these macros apply it.
    A base model uses them in this order, with its own joins between them:

        landed as (select * from source), typed, referenced, judged, verdicts
#}

{#
    Restricts the landed rows of a table that has one id to those that this delivery touches: every version of an id
    that it brings, and of the rows whose parent it touches. Rows without an id stand for themselves.
    touched_parents: {column: model that lists the touched ids of that column's parent}
    parent_of_all: base model whose first rows ever touch every row here, because references count from then on
#}
{% macro only_touched(table, touched_parents={}, parent_of_all=none) -%}
{% set id, landed = raw_table_meta(table).key | first, source('raw', table) %}
{% set causes = [is_new(table)] %}
{% for column, touched in touched_parents.items() %}
    {% set parent = dict(raw_columns(table)).get(column, {}).refers_to %}
    {% set parent_id = raw_table_meta(parent).key | first %}
    {% do causes.append(column ~ ' in (select ' ~ parent_id ~ ' from ' ~ listed_in(touched) ~ ')') %}
{% endfor %}
{% if parent_of_all %}
    {% set parent, is_new_parent = listed_in(parent_of_all), is_new(parent_of_all | replace('base_', '') | replace('__', '_')) %}
    {% do causes.append(
        '(select count(*) from ' ~ parent ~ ' where not (' ~ is_new_parent ~ ')) = 0'
        ~ ' and (select count(*) from ' ~ parent ~ ') > 0'
    ) %}
{% endif %}
{% if is_continued() %}
where {{ id }} in (
        select {{ id }} from (
            {% for cause in causes %}
            select {{ id }} from {{ landed }}
            where {{ cause }}
            {% if not loop.last %}union all{% endif %}
            {% endfor %}
        ) as touched
        where replace({{ id }}, ' ', '') <> ''
    )

    union all

    select * from {{ landed }}
    where coalesce(replace({{ id }}, ' ', ''), '') = '' and {{ is_new(table) }}
{%- endif %}
{%- endmacro %}

{# Whether a landed row is new since the last build; in a build that starts anew, no row counts as new. #}
{% macro is_new(table) -%}
{% if is_continued() -%}
_batch_id in (select batch_id from {{ last_build('batches') }} where is_new and raw_table = '{{ table }}')
{%- else -%}
false
{%- endif %}
{%- endmacro %}

{# Columns of a raw table as the contract states them, as (name, meta) pairs, without landing columns. #}
{% macro raw_columns(table) -%}
{% set columns = [] %}
{% for node in (graph.sources.values() if execute else []) if node.name == table and node.package_name == project_name %}
    {% for column in node.columns.values() if not column.name.startswith('_') %}
        {% do columns.append((column.name, column.config.meta)) %}
    {% endfor %}
{% endfor %}
{{ return(columns) }}
{%- endmacro %}

{% macro raw_table_meta(table) -%}
{% for node in (graph.sources.values() if execute else []) if node.name == table and node.package_name == project_name %}
    {{ return(node.config.meta) }}
{% endfor %}
{{ return({'key': ['_batch_id']}) }}
{%- endmacro %}

{# CTEs `texts` and `typed`: every column as its type (null where it does not parse) and as text. #}
{% macro typed_rows(table, from='landed') -%}
{% set columns = raw_columns(table) %}
{% if is_snapshot(table) %}
incomplete as (
    select distinct batch_id as incomplete_batch_id
    from {{ source('raw', 'landing_rejected_lines') }}
    where raw_table = '{{ table }}'
),

{% endif %}
texts as (
    select
        {% for name, meta in columns %}
        {% set text = 'cast(' ~ name ~ ' as ' ~ dbt.type_string() ~ ')' %}
        case when replace({{ text }}, ' ', '') <> '' then {{ text }} end as {{ name }},
        {% endfor %}
        _batch_id,
        _source_file,
        cast(_source_line as bigint) as _source_line,
        cast(_loaded_at as timestamp) as _loaded_at
        {%- if is_snapshot(table) %},
        incomplete_batch_id is null as _is_complete
        {%- endif %}
    from {{ from }}
    {% if is_snapshot(table) %}
    left join incomplete on _batch_id = incomplete_batch_id
    {% endif %}
),

typed as (
    select
        {% for name, meta in columns %}
        {% if name == 'is_deleted' and is_snapshot(table) %}
        case when {{ is_absent(table) }} then true else {{ typed_value(name, meta.type) }} end as {{ name }},
        {% else %}
        {{ typed_value(name, meta.type) }} as {{ name }},
        {% endif %}
        {{ name }} as {{ name }}__text,
        {% endfor %}
        _batch_id,
        _source_file,
        _source_line,
        _loaded_at
    from texts
)
{%- endmacro %}

{# Whether each delivery of a table is all that the source holds, as the var snapshot_tables says. #}
{% macro is_snapshot(table) -%}
{% set tables = var('snapshot_tables') or [] %}
{% for name in tables if execute and not raw_columns(name) %}
    {{ exceptions.raise_compiler_error("snapshot_tables: '" ~ name ~ "' is no table of the raw contract") }}
{% endfor %}
{{ return(table in tables) }}
{%- endmacro %}

{#
    Whether a key of a snapshot is missing in the newest delivery of its table: so the source deleted it.
    A delivery with rejected lines may lack a row only because its line could not be read: it deletes nothing.
    Nor does any delivery delete a row that erasure kept without its person: its random id comes never again.
#}
{% macro is_absent(table) -%}
{% for name, meta in raw_columns(table) %}
    {% if meta.refers_to == 'crm_customers' or (table, name) == ('crm_customers', 'customer_id') %}
coalesce({{ name }}, '') not like 'erased-%' and
    {% elif meta.contains_pii %}
coalesce({{ name }}, '') not like '{{ '0' * 16 }}%' and
    {% endif %}
{% endfor %}
{% set is_seen = '_loaded_at < ' ~ as_of_instant() if as_of_date() else 'true' %}
max(case when {{ is_seen }} then _loaded_at end) over (partition by {{ raw_table_meta(table).key | join(', ') }})
        < max(case when {{ is_seen }} and _is_complete then _loaded_at end) over ()
{%- endmacro %}

{# A decimal number with a point, digits 0 to 9, and perhaps an exponent. #}
{% macro number_pattern() -%}
{{ return('^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$') }}
{%- endmacro %}

{# Whether more than four decimals are not zero: then the typed value was rounded. #}
{% macro is_too_precise(value, text) -%}
{{ matches(text, '[.][0-9]{4}[0-9]*[1-9][0-9]*$') }}
        or {{ matches(text, '[eE]') }} and (
            {{ try_cast(text, 'decimal(38, 18)') }} <> {{ value }}
            or {{ value }} = 0 and {{ matches(text, '^[+-]?[0.]*[1-9]') }}
        )
{%- endmacro %}

{% macro typed_value(text, type) -%}
{% set day = '[0-9]{4}-[0-9]{2}-[0-9]{2}' %}
{% set time = '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?' %}
{% if type == 'instant' -%}
case
    when {{ matches(text, '^' ~ day ~ '([T ]' ~ time ~ ')?$') }}
        then {{ to_utc(try_cast(text, 'timestamp'), var('raw_timezone')) }}
    when {{ matches(text, '^' ~ day ~ '[T ]' ~ time ~ '(Z|[+-](0[0-9]|1[0-7])(:?[0-5][0-9])?)$') }}
        then {{ instant_with_offset(text) }}
end
{%- elif type == 'date' -%}
case when {{ matches(text, '^' ~ day ~ '([T ]00:00(:00([.]0+)?)?)?$') }} then {{ try_cast('substring(' ~ text ~ ', 1, 10)', 'date') }} end
{%- elif type in ('money', 'number') -%}
case when {{ matches(text, number_pattern()) }} then {{ try_cast(text, 'decimal(18, 4)') }} end
{%- elif type == 'rate' -%}
case when {{ matches(text, number_pattern()) }} then {{ try_cast(text, 'decimal(18, 12)') }} end
{%- elif type == 'integer' -%}
case when {{ matches(text, '^[+-]?[0-9]{1,9}([.]0*)?$') }} then cast({{ try_cast(text, 'decimal(18, 0)') }} as int) end
{%- elif type == 'boolean' -%}
case
    when {{ matches(text, '^([tT]([rR][uU][eE])?|[yY]([eE][sS])?|1)$') }} then true
    when {{ matches(text, '^([fF]([aA][lL][sS][eE])?|[nN][oO]?|0)$') }} then false
end
{%- elif type == 'currency' -%}
case when {{ matches(text, '^[A-Z]{3}$') }} then {{ text }} end
{%- elif type == 'country' -%}
case when {{ matches(text, '^[A-Z]{2}$') }} then {{ text }} end
{%- else -%}
{{ text }}
{%- endif %}
{%- endmacro %}

{#
    Columns `_fault`, `_is_unseen` and `_is_deleted` of a row, for a model that has joined its parents.
    references: {column: relation that known_ids made, joined on that column}; a row whose parent was deleted is
        deleted with it, and one whose parent is not seen yet is not seen either, unless the contract says by
        `known_at` that the row came first and the parent's id was filled in later
    rules: [(reason, column, SQL that is true where the rule is broken)]
#}
{% macro judgement(table, references={}, rules=[]) -%}
{% set contract, first_parents = dict(raw_columns(table)), [] %}
{% for column, parent in references.items() if not contract.get(column, {}).known_at %}
    {% do first_parents.append(parent) %}
{% endfor %}
{{ first_fault(table, references, rules) }} as _fault,
        {{ is_unseen(table, first_parents) }} as _is_unseen,
        coalesce(typed.is_deleted, false)
        {%- for parent in references.values() %}
        or coalesce({{ parent }}.is_deleted, false)
        {%- endfor %} as _is_deleted
{%- endmacro %}

{# The first thing that is wrong with a row, as 'reason:column', or null. #}
{% macro first_fault(table, references={}, rules=[]) -%}
{% set not_a = {'instant': 'not_an_instant', 'date': 'not_a_date', 'money': 'not_a_number', 'number': 'not_a_number',
    'rate': 'not_a_number', 'integer': 'not_an_integer', 'boolean': 'not_a_boolean', 'currency': 'not_an_iso_code',
    'country': 'not_an_iso_code'} %}
case
    {% for name, meta in raw_columns(table) %}
    {% set value, text = 'typed.' ~ name, 'typed.' ~ name ~ '__text' %}
    {% if meta.is_required %}
    when {{ text }} is null then 'empty_required:{{ name }}'
    {% endif %}
    {% if meta.type in ('instant', 'date') %}
    when {{ matches(text, '^(2[45][0-9]{2}|2600)-') }} then 'buddhist_era_date:{{ name }}'
    {% endif %}
    {% if meta.type in ('money', 'number', 'rate') %}
    when {{ value }} is null and (
            {{ matches(text, '^[+-]?([nN][aA][nN]|[iI][nN][fF]([iI][nN][iI][tT][yY])?)$') }}
            or {{ matches(text, number_pattern()) }}
        ) then 'not_finite:{{ name }}'
    {% endif %}
    {% if meta.type in not_a %}
    when {{ text }} is not null and {{ value }} is null then '{{ not_a[meta.type] }}:{{ name }}'
    {% endif %}
    {% if meta.type in ('money', 'number') %}
    when {{ is_too_precise(value, text) }} then 'too_precise:{{ name }}'
    {% endif %}
    {% if meta.type == 'instant' %}
    when {{ value }} < timestamp '1990-01-01 00:00:00' then 'before_1990:{{ name }}'
    {% endif %}
    {% if meta.type in ('instant', 'date') and not meta.is_planned %}
    when {{ value }} > {{ a_day_after("coalesce(_loaded_at, timestamp '" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S') ~ "')") }}
        then 'in_future:{{ name }}'
    {% endif %}
    {% if meta.type == 'rate' %}
    when {{ value }} <= 0 then 'not_positive:{{ name }}'
    {% endif %}
    {% if meta.min is defined %}
    when {{ value }} < {{ meta.min }} then '{{ 'negative' if meta.min == 0 else 'out_of_scale' }}:{{ name }}'
    {% endif %}
    {% if meta.max is defined %}
    when {{ value }} > {{ meta.max }} then 'out_of_scale:{{ name }}'
    {% endif %}
    {% if meta.codes is defined %}
    when {{ value }} not in ('{{ meta.codes | join("', '") }}') then 'unknown_code:{{ name }}'
    {% endif %}
    {% endfor %}
    {% for reason, column, broken in rules %}
    when {{ broken }} then '{{ reason }}:{{ column }}'
    {% endfor %}
    {% for column, parent in references.items() %}
    when typed.{{ column }} is not null and {{ parent }}.is_staged is null and not coalesce(typed.is_deleted, false)
        then 'unknown_reference:{{ column }}'
    {% endfor %}
end
{%- endmacro %}

{# Whether the row, or a parent it hangs on, happened on or after the as-of date. #}
{% macro is_unseen(table, parents=[]) -%}
{% set meta = raw_table_meta(table) %}
{% set conditions = [] %}
{% for parent in parents %}
    {% do conditions.append('coalesce(' ~ parent ~ '.is_unseen, false)') %}
{% endfor %}
{% if as_of_date() %}
    {% if meta.happened_at %}
        {# the first of these columns that is filled says when it happened #}
        {% set is_day = dict(raw_columns(table))[meta.happened_at[0]].type == 'date' %}
        {% set limit = "cast('" ~ as_of_date() ~ "' as date)" if is_day else as_of_instant() %}
        {% do conditions.append('coalesce(typed.' ~ meta.happened_at | join(', typed.') ~ ', null) >= ' ~ limit) %}
    {% endif %}
    {% do conditions.append('typed.updated_at >= ' ~ as_of_instant()) %}
{% endif %}
coalesce({{ conditions | join(' or ') or 'false' }}, false)
{%- endmacro %}

{#
    CTEs `explained`, `ranked` and `verdicts`: one verdict for each landed row. Texts end before rows are ranked, which
    would carry them through a sort; rows without a line are told apart by all of them.
    unseen       happened on or after the as-of date; no part of the book
    quarantined  bad: reason, column and text say why
    superseded   a newer version of the same key counts
    deleted      the newest version says that the source deleted it
    staged       it counts
#}
{% macro row_verdicts(table, from='judged') -%}
{% set columns, texts = raw_columns(table), ["''"] %}
{% for name, meta in columns %}{% do texts.extend(["'␟'", 'coalesce(' ~ name ~ "__text, '')"]) %}{% endfor %}
explained as (
    select
        {% for name, meta in columns %}
        {{ name }},
        {% endfor %}
        _batch_id,
        _source_file,
        _source_line,
        _loaded_at,
        _is_unseen,
        _is_deleted,
        split_part(_fault, ':', 1) as _fault_reason,
        split_part(_fault, ':', 2) as _fault_column,
        case split_part(_fault, ':', 2)
            {% for name, meta in columns if not meta.contains_pii %}
            when '{{ name }}' then {{ name }}__text
            {% endfor %}
            else null
        end as _fault_text,
        case when _source_line is null then {{ dbt.concat(texts) }} end as _all_texts
    from {{ from }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by
                {{ raw_table_meta(table).key | join(', ') }},
                case when _is_unseen or _fault_reason is not null then 1 else 0 end
            order by
                {% if columns %}updated_at desc nulls last,{% endif %}
                _loaded_at desc nulls last,
                _batch_id desc nulls last,
                _source_file desc nulls last,
                _source_line desc nulls last,
                _all_texts desc nulls last
        ) as _version
    from explained
),

verdicts as (
    select
        {% for name, meta in columns %}
        {{ name }},
        {% endfor %}
        _batch_id,
        _source_file,
        _source_line,
        _loaded_at,
        case
            when _is_unseen then 'unseen'
            when _fault_reason is not null then 'quarantined'
            when _version > 1 then 'superseded'
            when _is_deleted then 'deleted'
            else 'staged'
        end as _verdict,
        _fault_reason,
        _fault_column,
        case when not _is_unseen and _fault_reason is null then cast(_version as int) end as _version,
        _fault_text
    from ranked
)
{%- endmacro %}
