-- Worked figures of Newcombe (1998): 81 of 263, and 56 of 70 less 48 of 80; percentiles of whole numbers.
{% set double = type_double() %}
{% set values = '(select 1 as v union all select 2 as v union all select 4 as v union all select 11 as v) as t' %}
{% set nothing = '(select 1 as v) as t where v > 1' %}
{% set first = (ratio('56', '70'), '(' ~ wilson_lower('56', '70') ~ ')', '(' ~ wilson_upper('56', '70') ~ ')') %}
{% set second = (ratio('48', '80'), '(' ~ wilson_lower('48', '80') ~ ')', '(' ~ wilson_upper('48', '80') ~ ')') %}
{% set cases = [
    ('(select ' ~ percentile('v', 0.5) ~ ' from ' ~ values ~ ')', 'cast(3 as ' ~ double ~ ')'),
    ('(select round(' ~ percentile('v', 0.9) ~ ', 9) from ' ~ values ~ ')', 'cast(8.9 as ' ~ double ~ ')'),
    ('(select ' ~ percentile('v', 0.5) ~ ' from ' ~ nothing ~ ')', 'null'),
    ('(select ' ~ percentile_among('v', 0.5, [0.5, 0.9]) ~ ' from ' ~ values ~ ')', 'cast(3 as ' ~ double ~ ')'),
    (
        '(select round(' ~ percentile_among('v', 0.9, [0.5, 0.9]) ~ ', 9) from ' ~ values ~ ')',
        'cast(8.9 as ' ~ double ~ ')'
    ),
    ('(select ' ~ percentile_among('v', 0.9, [0.5, 0.9]) ~ ' from ' ~ nothing ~ ')', 'null'),
    ('round(' ~ wilson_lower('81', '263') ~ ', 4)', 'cast(0.2553 as ' ~ double ~ ')'),
    ('round(' ~ wilson_upper('81', '263') ~ ', 4)', 'cast(0.3662 as ' ~ double ~ ')'),
    ('round(' ~ wilson_upper('0', '20') ~ ', 4)', 'cast(0.1611 as ' ~ double ~ ')'),
    (wilson_lower('0', '20'), 'cast(0 as ' ~ double ~ ')'),
    (wilson_upper('20', '20'), 'cast(1 as ' ~ double ~ ')'),
    (wilson_lower('0', '0'), 'null'),
    ('round(' ~ newcombe_lower(first, second) ~ ', 4)', 'cast(0.0524 as ' ~ double ~ ')'),
    ('round(' ~ newcombe_upper(first, second) ~ ', 4)', 'cast(0.3339 as ' ~ double ~ ')'),
] %}
{{ broken_cases(cases) }}
