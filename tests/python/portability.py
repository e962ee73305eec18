"""Which SQL means the same on DuckDB and on Spark: an allow-list over the parsed statement.

The SQL must come from the copy of the project in which macros/cross_db became neutral functions
(neutral_macros.jinja). Whatever the list does not know is a finding, so that new syntax is looked
at once, on both engines, before it is allowed.
"""

from __future__ import annotations

from sqlglot import exp, parse_one
from sqlglot.dialects import DuckDB

ALLOWED_TYPES = {
    "INT",
    "BIGINT",
    "DOUBLE",
    "DECIMAL",
    "DATE",
    "TIMESTAMP",
    "TIMESTAMPNTZ",
    "BOOLEAN",
}

ALLOWED_NODES = {
    # statements and relations
    *("Select", "From", "Join", "Where", "Group", "Having", "Order", "Ordered", "Union", "With"),
    *("CTE", "Subquery", "Table", "TableAlias", "Distinct", "GroupingSets", "Tuple", "Star"),
    # names and values
    *("Column", "Identifier", "Alias", "Literal", "Boolean", "Null", "Var", "Paren"),
    *("DataType", "DataTypeParam", "Cast", "TryCast"),
    # logic
    *("And", "Or", "Not", "EQ", "NEQ", "GT", "GTE", "LT", "LTE", "Is", "In", "Exists", "Between"),
    *("NullSafeEQ", "NullSafeNEQ", "Case", "If", "Coalesce", "Nullif"),
    # arithmetic; division stands under a rule of its own
    *("Add", "Sub", "Mul", "Div", "Neg", "Abs", "Floor", "Ceil", "Round", "Sqrt", "Ln", "Exp"),
    # text and time
    *("Replace", "Translate", "Substring", "SplitPart", "Length", "Trim", "Extract"),
    # aggregates and windows
    *("Sum", "Count", "Min", "Max", "Grouping", "Window", "WindowSpec"),
    *("RowNumber", "Rank", "DenseRank", "Lead", "Lag"),
}

# Functions that sqlglot does not know by name.
NEUTRAL = "holdfast_"

PORTABLE_SPELLING = {
    "Quantile": "row_number() over the exact column, as in int_rfm_cuts",
    "PercentileCont": "row_number() over the exact column, as in int_rfm_cuts",
    "Median": "row_number() over the exact column, as in int_rfm_cuts",
    "Avg": "{{ ratio('sum(x)', 'count(x)') }}",
    "ArgMax": "row_number() in a CTE, then `where`",
    "ArgMin": "row_number() in a CTE, then `where`",
    "Qualify": "row_number() in a CTE, then `where`",
    "Limit": "row_number() in a CTE, then `where`",
    "Filter": "sum(case when ... then 1 else 0 end)",
    "CountIf": "sum(case when ... then 1 else 0 end)",
    "LogicalOr": "max(case when ... then 1 else 0 end) = 1",
    "LogicalAnd": "min(case when ... then 1 else 0 end) = 1",
    "IntDiv": "floor({{ ratio('a', 'b') }})",
    "Mod": "a - b * floor({{ ratio('a', 'b') }})",
    "DateDiff": "{{ days_between('a', 'b') }} or {{ months_between('a', 'b') }}",
    "DateAdd": "{{ add_days('day', 1) }}",
    "DateSub": "{{ add_days('day', -1) }}",
    "TsOrDsAdd": "{{ add_days('day', 1) }}",
    "Interval": "{{ add_days('day', 1) }} or {{ a_day_after('instant') }}",
    "TimestampTrunc": "{{ period_start('month', 'day') }}",
    "DateTrunc": "{{ period_start('month', 'day') }}",
    "StrToTime": "{{ try_cast('text', 'timestamp') }} after {{ matches(...) }}",
    "TimeToStr": "extract(... from day)",
    "RegexpLike": "{{ matches('text', 'pattern') }}",
    "RegexpFullMatch": "{{ matches('text', '^pattern$') }}",
    "SimilarTo": "{{ matches('text', 'pattern') }}",
    "Like": "{{ matches('text', 'pattern') }}",
    "ILike": "{{ matches('text', 'pattern') }}",
    "DPipe": "{{ dbt.concat(['a', 'b']) }}",
    "Concat": "{{ dbt.concat(['a', 'b']) }}",
    "Upper": "{{ matches('text', '[aA]...') }}: engines disagree on letters beyond ASCII",
    "Lower": "{{ matches('text', '[aA]...') }}: engines disagree on letters beyond ASCII",
    "GenerateSeries": "{{ dbt.generate_series(n) }}",
    "Unnest": "a join on {{ dbt.generate_series(n) }}",
    "Explode": "a join on {{ dbt.generate_series(n) }}",
    "CurrentTimestamp": "int_as_of: a model never looks at the clock",
    "CurrentDate": "int_as_of: a model never looks at the clock",
    "TimestampTZ": "{{ instant_with_offset('text') }}",
    "AtTimeZone": "{{ to_utc('timestamp', zone) }} or {{ from_utc('timestamp', zone) }}",
    "timezone": "{{ to_utc('timestamp', zone) }} or {{ from_utc('timestamp', zone) }}",
}

# What these statements may consist of; sqlglot keeps the rest (distinct on, group by all,
# exclude, asof, using, sample, ...) in other arguments of the same nodes.
ALLOWED_ARGS = {
    "Select": {"with_", "kind", "expressions", "distinct", "from_", "joins", "where", "group"}
    | {"having", "order", "operation_modifiers"},
    "Star": set(),
    "Distinct": {"expressions"},
    "Group": {"expressions", "grouping_sets"},
    "Join": {"this", "side", "kind", "on"},
    "Table": {"this", "db", "catalog", "alias"},
    "Union": {"this", "expression", "distinct", "with_"},
    "Count": {"this", "expressions", "big_int"},
}
PORTABLE_ARGS = {
    ("Distinct", "on"): "row_number() in a CTE, then `where`",
    ("Select", "qualify"): PORTABLE_SPELLING["Qualify"],
    ("Select", "limit"): PORTABLE_SPELLING["Limit"],
    ("Group", "all"): "the columns by name",
    ("Star", "except_"): "the columns by name",
    ("Star", "replace"): "the columns by name",
    ("Star", "rename"): "the columns by name",
    ("Join", "using"): "on a.key = b.key",
    ("Join", "method"): "a join on an interval, with {{ counts_on(...) }}",
}


class _NullsAreSmall(DuckDB):
    """DuckDB's grammar; an order without `nulls last` then parses as nulls first, as on Spark."""

    NULL_ORDERING = "nulls_are_small"


class _NullsAreLarge(DuckDB):
    """The same for descending order."""

    NULL_ORDERING = "nulls_are_large"


def findings(sql: str) -> list[str]:
    """What in `sql` is not known to be portable: one line each, with the portable spelling.

    Raises sqlglot's ParseError where `sql` is no DuckDB statement.
    """
    tree = parse_one(sql, read=_NullsAreSmall)
    other = parse_one(sql, read=_NullsAreLarge)
    found = [line for node in tree.walk() for line in _node_findings(node)]
    for one, two in zip(tree.find_all(exp.Ordered), other.find_all(exp.Ordered), strict=True):
        if one.args.get("nulls_first") or two.args.get("nulls_first"):
            found.append(f"`order by {one.this.sql('duckdb')}`: write `nulls last`")
    return list(dict.fromkeys(found))


def _node_findings(node: exp.Expression) -> list[str]:
    kind = type(node).__name__
    text = " ".join(node.sql("duckdb").split())[:100]
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        return [] if name.startswith(NEUTRAL) else [_line(text, name)]
    if isinstance(node, exp.DataType):
        return _type_findings(node, text)
    if kind not in ALLOWED_NODES:
        return [_line(text, kind)]
    found = [
        _args_line(text, kind, name)
        for name, value in node.args.items()
        if value and kind in ALLOWED_ARGS and name not in ALLOWED_ARGS[kind]
    ]
    if isinstance(node, exp.Div) and not (_is_double(node.this) and _is_double(node.expression)):
        found.append(f"`{text}`: write {{{{ ratio('a', 'b') }}}}; / means other things elsewhere")
    if isinstance(node, exp.Identifier) and node.args.get("quoted") and not _names_relation(node):
        found.append(f'`"{node.name}"`: write the name without quotes, or text in single quotes')
    if isinstance(node, exp.Literal) and node.is_string and "\\" in node.name:
        found.append(f"`{text}`: write it without a backslash, such as [.] for a point")
    return found


def _type_findings(node: exp.DataType, text: str) -> list[str]:
    if node.this == exp.DataType.Type.USERDEFINED and text.lower() == f"{NEUTRAL}string":
        return []
    name = node.this.value
    if name in ("TEXT", "VARCHAR", "USERDEFINED"):
        return [f"type `{text}`: write {{{{ dbt.type_string() }}}}"]
    if name == "TIMESTAMPTZ":
        return [f"type `{text}`: write {PORTABLE_SPELLING['TimestampTZ']}"]
    if name == "FLOAT":
        return [f"type `{text}`: write {{{{ type_double() }}}}"]
    if name not in ALLOWED_TYPES:
        return [f"type `{text}`: write one of {', '.join(sorted(ALLOWED_TYPES)).lower()}"]
    return []


def _is_double(node: exp.Expression | None) -> bool:
    return isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.DOUBLE


def _names_relation(node: exp.Expression) -> bool:
    """dbt quotes the parts of a relation's name by itself, for each engine in its way."""
    return isinstance(node.parent, exp.Table)


def _line(text: str, kind: str) -> str:
    spelling = PORTABLE_SPELLING.get(
        kind, f"something else, or allow {kind} here with a case in tests/cross_db"
    )
    return f"`{text}`: write {spelling}"


def _args_line(text: str, kind: str, name: str) -> str:
    spelling = PORTABLE_ARGS.get(
        (kind, name),
        f"it without `{name.strip('_')}`, or allow that here with a case in tests/cross_db",
    )
    return f"`{text}`: write {spelling}"
