"""The landing of the inbox, with one asset per raw table."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration.assets.translator import Translator
from orchestration.build import check_raw_data
from orchestration.inbox import inbox_files
from orchestration.landing import land
from orchestration.landing.book import quoted
from orchestration.resources import POOL, Holdfast, Writer
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse


def landing_asset(manifest: Mapping[str, Any], translator: Translator) -> dg.AssetsDefinition:
    """One op that lands the inbox and materialises every dbt source of schema raw.

    It cannot be run for some tables alone: a landing takes the whole folder, or nothing of it.
    """
    specs = [
        _spec(translator.get_asset_spec(manifest, unique_id, None))
        for unique_id, source in sorted(manifest["sources"].items())
        if source["schema"] == "raw"
    ]

    @dg.multi_asset(name="landing", specs=specs, pool=POOL)
    def landing(
        context: dg.AssetExecutionContext, holdfast: Holdfast, writer: Writer
    ) -> Iterator[dg.MaterializeResult]:
        settings = holdfast.settings()
        with writer.step(context):
            before = rows_in_raw(settings)
            land_inbox(context, settings)
            after = rows_in_raw(settings)
        for spec in specs:
            rows = after.get(spec.key.path[-1], 0)
            landed = rows - before.get(spec.key.path[-1], 0)
            yield dg.MaterializeResult(
                asset_key=spec.key, metadata={"dagster/row_count": rows, "rows_landed": landed}
            )

    return landing


def land_inbox(context: dg.AssetExecutionContext, settings: Settings) -> None:
    """Lands the inbox, where it holds a file: where another tool fills raw, it holds none.

    Raises HoldfastError where the landing fails, and where raw holds nothing in the end.
    """
    if inbox_files(settings.inbox):
        for line in land(settings.inbox, settings, say=context.log.info).lines():
            context.log.info(line)
    else:
        context.log.info(f"{settings.inbox} holds no file: raw stays as it is")
    check_raw_data(settings)


def rows_in_raw(settings: Settings) -> dict[str, int]:
    """Rows of every table of schema raw; {} before the first landing."""
    if not settings.warehouse.exists():
        return {}
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables()"
            " where schema_name = 'raw' and database_name = current_database()"
        ).fetchall()
        return {
            table: connection.execute(f"select count(*) from raw.{quoted(table)}").fetchall()[0][0]
            for (table,) in tables
        }


def _spec(source: dg.AssetSpec) -> dg.AssetSpec:
    """The spec of a dbt source without what dagster-dbt adds for the models that it runs."""
    metadata = {
        name: value
        for name, value in source.metadata.items()
        if not name.startswith(("dagster-dbt/", "dagster_dbt/"))
    }
    return source.replace_attributes(metadata=metadata, skippable=False, kinds={"duckdb"})
