"""The age of each source's newest delivery, as asset checks: dagster-dbt leaves dbt's own out."""

from collections.abc import Iterator, Mapping

import dagster as dg

from orchestration.contract import RawTable
from orchestration.freshness import ages
from orchestration.landing.book import quoted
from orchestration.resources import POOL, Holdfast
from orchestration.warehouse import open_warehouse, relations

NAME = "delivered_in_time"


def freshness_checks(contract: Mapping[str, RawTable]) -> dg.AssetChecksDefinition:
    """One op with a check for each raw table of which deliveries are expected.

    They stop nothing: old figures are right, for the day that they are of.
    """
    tables = [table for table in contract.values() if table.error_hours is not None]
    specs = [
        dg.AssetCheckSpec(
            name=NAME,
            asset=dg.AssetKey(["raw", table.name]),
            description=(
                f"The newest delivery is at most {table.warn_hours} hours old; after"
                f" {table.error_hours} nobody should trust what hangs on it."
            ),
        )
        for table in tables
    ]

    @dg.multi_asset_check(name="freshness", specs=specs, can_subset=True, pool=POOL)
    def freshness(
        context: dg.AssetCheckExecutionContext, holdfast: Holdfast
    ) -> Iterator[dg.AssetCheckResult]:
        settings = holdfast.settings()
        with open_warehouse(settings.warehouse, read_only=True) as connection:
            present = relations(connection, "raw")
            newest = {
                table.name: connection.execute(
                    f"select max(_loaded_at) from raw.{quoted(table.name)}"
                ).fetchall()[0][0]
                for table in tables
                if table.name in present
            }
        told = {age.raw_table: age for age in ages(newest, contract)}
        for spec in specs:
            if spec.key not in context.selected_asset_check_keys:
                continue
            age = told.get(spec.asset_key.path[-1])
            is_error = age is not None and age.state == "error"
            yield dg.AssetCheckResult(
                asset_key=spec.asset_key,
                check_name=NAME,
                passed=age is None or age.state == "fresh",
                severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
                metadata={"age": age.text if age else "never delivered"},
            )

    return freshness
