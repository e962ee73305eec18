-- Each pair is what SQL says and what it must be, on every engine.
{% set day, decimal = 'date', 'decimal(18, 4)' %}
{% set cases = [
    (ratio('7', '2'), 'cast(3.5 as ' ~ type_double() ~ ')'),
    (ratio('1', '3'), 'cast(0.3333333333333333 as ' ~ type_double() ~ ')'),
    (ratio('cast(10 as decimal(18, 4))', 'cast(3 as decimal(18, 4))'), 'cast(3.3333333333333335 as ' ~ type_double() ~ ')'),
    (ratio('1', '0'), 'null'),
    (ratio('1', 'null'), 'null'),
    (try_cast("'2026-02-28'", day), "cast('2026-02-28' as date)"),
    (try_cast("'2026-02-29'", day), 'null'),
    (try_cast("'1.00005'", decimal), 'cast(1.0001 as decimal(18, 4))'),
    (try_cast("'-1.00005'", decimal), 'cast(-1.0001 as decimal(18, 4))'),
    (try_cast("'1.5e2'", decimal), 'cast(150 as decimal(18, 4))'),
    (try_cast("'99999999999999.99995'", decimal), 'null'),
    (try_cast("'twelve'", decimal), 'null'),
    (try_cast("'2026-01-01 23:59:59.9999999'", 'timestamp'), "cast('2026-01-01 23:59:59.999999' as timestamp)"),
    (matches("'USD'", '^[A-Z]{3}$'), 'true'),
    (matches("'US'", '^[A-Z]{3}$'), 'false'),
    (matches("'xUSD'", '[A-Z]{3}$'), 'true'),
    (matches("'USD\n'", '^[A-Z]{3}$'), 'false'),
    (monthly_amount('cast(100 as decimal(18, 4))', "'year'"), 'cast(8.3333 as decimal(18, 4))'),
    (monthly_amount('cast(0.0001 as decimal(18, 4))', "'quarter'"), 'cast(0.0000 as decimal(18, 4))'),
    (monthly_amount('cast(0.0006 as decimal(18, 4))', "'year'"), 'cast(0.0001 as decimal(18, 4))'),
    (monthly_amount('cast(12 as decimal(18, 4))', "'week'"), 'cast(52 as decimal(18, 4))'),
    (to_reporting('cast(1000000.0001 as decimal(18, 4))', 'cast(0.027500000001 as decimal(18, 12))'), 'cast(27500.0000 as decimal(18, 4))'),
    (to_reporting('cast(1 as decimal(18, 4))', 'cast(0.00005 as decimal(18, 12))'), 'cast(0.0001 as decimal(18, 4))'),
    (to_reporting('cast(-1 as decimal(18, 4))', 'cast(0.00005 as decimal(18, 12))'), 'cast(-0.0001 as decimal(18, 4))'),
] %}
{{ broken_cases(cases) }}
