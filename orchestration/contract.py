"""The raw contract, read from the dbt sources under models/staging: its only home."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import HoldfastError

# Columns that the loader adds to every raw table, with their DuckDB types.
LOADER_COLUMNS = {
    "_batch_id": "varchar",
    "_source_file": "varchar",
    "_source_line": "bigint",
    "_loaded_at": "timestamp",
}
PII_KINDS = ("name", "email", "phone")
# The parser in C where PyYAML has it: ten times faster, and every status reads the contract.
SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class RawColumn:
    """One delivered column. `type` is the contract's word (id, text, instant, money, ...).

    `contains_pii` is None or the kind of direct personal data: name, email or phone.
    `is_required`: no row may leave it empty. `is_column_required`: no file may leave it out.
    `codes` lists the codes allowed; it is empty where any text may stand. `refers_to` is the raw
    table whose key the column holds, where rows go with a row there. `is_cleared_on_erasure`: it
    tells too much of a person to stay in a row that is kept without its person.
    """

    name: str
    type: str
    is_required: bool = False
    is_column_required: bool = False
    contains_pii: str | None = None
    codes: tuple[str, ...] = ()
    refers_to: str | None = None
    is_cleared_on_erasure: bool = False


@dataclass(frozen=True)
class RawTable:
    """One raw table: the columns of its key, and the columns delivered, loader columns left out.

    `happened_at`: columns of which the first that is filled says when a row happened; () where rows
    have no day of their own. `warn_hours`, `error_hours`: ages of the newest delivery, None where
    none is expected.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[RawColumn, ...]
    happened_at: tuple[str, ...] = ()
    warn_hours: int | None = None
    error_hours: int | None = None

    @property
    def has_pii(self) -> bool:
        """Whether any column holds direct personal data."""
        return any(column.contains_pii for column in self.columns)


def read_contract(project: Path) -> dict[str, RawTable]:
    """Every raw table by name, from models/staging/*/*__sources.yml under `project`.

    A source without a key (the landing's own book) is no part of the contract.
    Raises HoldfastError where there is no such file, where one is not valid YAML, or where a
    table or column is stated wrongly.
    """
    paths = sorted((project / "models" / "staging").glob("*/*__sources.yml"))
    if not paths:
        raise HoldfastError(
            f"no raw contract: {project}/models/staging/*/*__sources.yml is missing"
        )
    tables: dict[str, RawTable] = {}
    for path in paths:
        for table in _read_file(path):
            if table.name in tables:
                raise HoldfastError(f"{path}: the raw table {table.name} is stated twice")
            tables[table.name] = table
    return tables


def _read_file(path: Path) -> list[RawTable]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), SAFE) or {}
        return [
            _table(table, source)
            for source in content.get("sources", [])
            if source.get("schema", source["name"]) == "raw"
            for table in source.get("tables", [])
            if _meta(table).get("key")
        ]
    except yaml.YAMLError as error:
        raise HoldfastError(f"{path} is not valid YAML: {error}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise HoldfastError(f"{path} does not state a raw contract: {error!r}") from error


def _table(table: dict[str, Any], source: dict[str, Any]) -> RawTable:
    columns = (_column(c) for c in table["columns"] if c["name"] not in LOADER_COLUMNS)
    meta = _meta(table)
    happened_at = tuple(meta.get("happened_at", ()))
    own = {**source.get("config", {}), **table.get("config", {})}
    ages = own.get("freshness") or {}
    return RawTable(
        table["name"],
        tuple(meta["key"]),
        tuple(columns),
        happened_at,
        _hours(ages.get("warn_after")),
        _hours(ages.get("error_after")),
    )


def _hours(age: dict[str, Any] | None) -> int | None:
    return age["count"] * {"hour": 1, "day": 24}[age["period"]] if age else None


def _column(column: dict[str, Any]) -> RawColumn:
    meta = _meta(column)
    kind = meta.get("contains_pii")
    if kind is not None and kind not in PII_KINDS:
        raise ValueError(f"{column['name']}: contains_pii is {kind!r}, not one of {PII_KINDS}")
    return RawColumn(
        name=column["name"],
        type=meta["type"],
        is_required=bool(meta.get("is_required", False)),
        is_column_required=bool(meta.get("is_required") or meta.get("is_column_required")),
        contains_pii=kind,
        codes=tuple(str(value) for value in meta.get("codes", ())),
        refers_to=meta.get("refers_to"),
        is_cleared_on_erasure=meta.get("on_erasure") == "clear",
    )


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return node.get("config", {}).get("meta", {})
