{#
    Totals that are kept up like a ledger. A build that goes on from the last one takes off what the rows that were
    replaced had added (weight -1), adds what the new ones add (weight 1), and leaves the rest as it stands. Periods
    that begin, end or vanish are counted whole again. Every sum is of whole numbers or decimals, so that the result
    is the same, to the last digit, as if all had been counted anew; there every weight is 1.

        with customer_periods as (
            {{ counted_rows('fct_customer_periods', slices) }}
        ),

        totals as (
            select {{ keys | join(', ') }}, {{ segment_columns() }}, sum({{ signed('orders') }}) as orders
            from customer_periods
            {{ group_by_segments(keys) }}
        ),

        {{ kept_up('totals', keys, rows='customer_periods') }}

        select * from kept_up
#}

{# The config of such a model. #}
{% macro replace_totals() -%}
{{ return({'materialized': 'incremental', 'incremental_strategy': 'rewrite'} if can_replace_slices()
    else {'materialized': 'table'}) }}
{%- endmacro %}

{# A measure, with the weight of its row. #}
{% macro signed(measure) -%}
{{ return('weight * ' ~ measure if is_continued() else measure) }}
{%- endmacro %}

{# Rows of a sliced model that keeps what it replaced: those that came, and those that went. #}
{% macro counted_rows(name, slices) -%}
{% set periods = 'period_grain, period_start' %}
select
        *,
        1 as weight
    from {{ ref(name) }}
    {{ only(slices) }}
    {%- if is_continued() %}

    union all

    select
        *,
        -1 as weight
    from {{ last_build(name) }}
    where not {{ is_in({periods: slices[periods]}) }}
    {%- endif %}
{%- endmacro %}

{#
    Rows of a sliced model that keeps what it replaced, and those that went: to be joined with counted_rows, by the
    weight too, so that what came meets what is there now, and what went what was there then. slices: where the rows
    joined are in these alone.
#}
{% macro now_and_replaced(name, slices=none) -%}
select
        *,
        1 as weight
    from {{ ref(name) }}
    {%- if slices %}
    {{ only(slices) }}
    {%- endif %}

    union all

    select
        *,
        -1 as weight
    from {{ as_replaced(name) }}
{%- endmacro %}

{#
    Rows of a model that has customers and no grains: those of resegmented customers as they are and as they were; of
    every other customer as they are, for the periods that are counted whole (in_all_periods is false). Its config says
    replace_slices(..., keeps_replaced=true); where it replaces fewer customers (touched), the others' rows are as they
    were.
#}
{% macro customer_rows(name, touched=none) -%}
{% set restated, periods = listed_in('int_resegmented_customers'), listed_in('int_changed_periods') %}
{% set now, replaced = ref(name), listed_in(touched) if touched else none %}
{% if is_continued() -%}
select
        *,
        1 as weight,
        true as in_all_periods
    from {{ now }}
    where customer_id in (select customer_id from {{ restated }})

    union all

    select
        *,
        -1 as weight,
        true as in_all_periods
    from {{ last_build(name) }}
    where customer_id in (select customer_id from {{ restated }})
    {%- if replaced %}

    union all

    select
        *,
        -1 as weight,
        true as in_all_periods
    from {{ now }}
    where
        customer_id in (select customer_id from {{ restated }})
        and customer_id not in (select customer_id from {{ replaced }})
    {%- endif %}

    union all

    select
        *,
        1 as weight,
        false as in_all_periods
    from {{ now }}
    where
        customer_id not in (select customer_id from {{ restated }})
        and (select count(*) from {{ periods }}) > 0
{%- else -%}
select
        *,
        1 as weight,
        true as in_all_periods
    from {{ now }}
{%- endif %}
{%- endmacro %}

{# The periods, each with whether it is counted whole. #}
{% macro counted_periods() -%}
select
        periods.*,
        changed.period_start is not null as is_counted_whole
    from {{ ref('dim_periods') }} as periods
    left join {{ ref('int_changed_periods') }} as changed
        on periods.period_grain = changed.period_grain and periods.period_start = changed.period_start
{%- endmacro %}

{# Whether a row of customer_rows counts in a period of counted_periods. #}
{% macro counts_in(rows, periods) -%}
({{ rows }}.in_all_periods or {{ periods }}.is_counted_whole)
            and ({{ rows }}.weight = 1 or not {{ periods }}.is_counted_whole)
{%- endmacro %}

{#
    The CTE `kept_up`: the totals as they are now. `rows` says how many rows stand behind a total;
    one behind which none is left goes. periods: the two columns that name the period, where they are named otherwise.
    counted_whole: the model that lists the periods which are counted whole again, where these are more.
#}
{% macro kept_up(totals, keys, rows, periods='period_grain, period_start', counted_whole='int_changed_periods') -%}
{% set changed = listed_in(counted_whole) %}
{% if is_continued() -%}
ledger as (
    select * from {{ this }}
    where ({{ periods }}) not in (select period_grain, period_start from {{ changed }})

    union all

    select * from {{ totals }}
),

kept_up as (
    select
        {{ (keys + ['segment_name', 'segment_value']) | join(', ') }}
        {%- for column in adapter.get_columns_in_relation(this)
            if column.name not in keys + ['segment_name', 'segment_value'] %},
        cast(sum({{ column.name }}) as {{ column.data_type }}) as {{ column.name }}
        {%- endfor %}
    from ledger
    group by {{ (keys + ['segment_name', 'segment_value']) | join(', ') }}
    having sum({{ rows }}) <> 0
)
{%- else -%}
kept_up as (
    select * from {{ totals }}
)
{%- endif %}
{%- endmacro %}
