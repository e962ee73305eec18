{#
    95 % limits of shares, from counts. Wilson (1927), "Probable inference, the law of succession, and statistical
    inference"; Newcombe (1998), "Interval estimation for the difference between independent proportions", method 10.
    Both stay between 0 and 1 (or -1 and 1), hold for small groups, and need no pooling. 1.96 is the normal quantile.
#}

{# One end of Wilson's interval for one share: sign '-' is the lower end, '+' the upper one. Null without trials. #}
{% macro wilson_limit(successes, trials, sign) -%}
{% set s, n = 'cast(' ~ successes ~ ' as ' ~ type_double() ~ ')', 'cast(' ~ trials ~ ' as ' ~ type_double() ~ ')' %}
{% set z = 'cast(1.96 as ' ~ type_double() ~ ')' %}
{% set spread = 'sqrt(' ~ ratio(s ~ ' * (' ~ n ~ ' - ' ~ s ~ ')', n) ~ ' + ' ~ z ~ ' * ' ~ z ~ ' * 0.25e0)' %}
{% set end = s ~ ' + ' ~ z ~ ' * ' ~ z ~ ' * 0.5e0 ' ~ sign ~ ' ' ~ z ~ ' * ' ~ spread %}
{{ return(ratio('(' ~ end ~ ')', n ~ ' + ' ~ z ~ ' * ' ~ z)) }}
{%- endmacro %}

{% macro wilson_lower(successes, trials) -%}
case
    when {{ successes }} = 0 and {{ trials }} > 0 then cast(0 as {{ type_double() }})
    else {{ wilson_limit(successes, trials, '-') }}
end
{%- endmacro %}

{% macro wilson_upper(successes, trials) -%}
case
    when {{ successes }} = {{ trials }} and {{ trials }} > 0 then cast(1 as {{ type_double() }})
    else {{ wilson_limit(successes, trials, '+') }}
end
{%- endmacro %}

{#
    Newcombe's interval for a first share less a second one, from the columns that hold the shares and their Wilson
    limits: pairs (share, lower, upper).
#}
{% macro newcombe_lower(first, second) -%}
{{ first[0] }} - {{ second[0] }} - sqrt(
    ({{ first[0] }} - {{ first[1] }}) * ({{ first[0] }} - {{ first[1] }})
    + ({{ second[2] }} - {{ second[0] }}) * ({{ second[2] }} - {{ second[0] }})
)
{%- endmacro %}

{% macro newcombe_upper(first, second) -%}
{{ first[0] }} - {{ second[0] }} + sqrt(
    ({{ first[2] }} - {{ first[0] }}) * ({{ first[2] }} - {{ first[0] }})
    + ({{ second[0] }} - {{ second[1] }}) * ({{ second[0] }} - {{ second[1] }})
)
{%- endmacro %}

{#
    Standard error of a ratio of two sums, y / x, each added up over members, buyers, ...: the linearised variance of
    the ratio estimator, Cochran (1977), "Sampling Techniques", chapter 6. Its sums of squares and products add up from
    group to group, so that totals can hold them. A member's points or orders hang together: a member counts as one
    draw, not each point. Null for fewer than two units, and where x is 0.
    y, x, yy, xy, xx: sums of y, x, y * y, x * y, x * x; units: how many have any of them
#}
{% macro ratio_error(y, x, yy, xy, xx, units) -%}
{% set share, double = '(' ~ ratio(y, x) ~ ')', type_double() %}
{% set squares %}
cast({{ yy }} as {{ double }}) - 2e0 * {{ share }} * cast({{ xy }} as {{ double }})
        + {{ share }} * {{ share }} * cast({{ xx }} as {{ double }})
{%- endset %}
{% set factor = '(' ~ ratio(units, units ~ ' - 1') ~ ')' %}
{{ ratio(
    'sqrt(' ~ factor ~ ' * case when ' ~ squares ~ ' > 0 then ' ~ squares ~ ' else 0 end)', 'abs(' ~ x ~ ')'
) }}
{%- endmacro %}

{# A measure squared, or a product, as a whole sum holds it: to four decimals, so that doubles take it over exactly. #}
{% macro product_of(one, other) -%}
cast(round({{ one }} * {{ other }}, 4) as decimal(38, 4))
{%- endmacro %}

{#
    The square of a decimal number below a thousand million, to nine decimals. Cast first: of a wider product Spark
    would lose digits after the point.
#}
{% macro square_of(value) -%}
{% set narrow = 'cast(' ~ value ~ ' as decimal(18, 9))' -%}
cast(round({{ narrow }} * {{ narrow }}, 9) as decimal(26, 9))
{%- endmacro %}
