"""The publication, with its audit as asset checks."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration.assets.translator import DEFAULT_OWNER, Translator
from orchestration.dbt_arguments import all_variables, read_variables
from orchestration.publication.audit import CHECKS, Check
from orchestration.publication.publish import Refused, publish
from orchestration.resources import POOL, Holdfast, Writer

PUBLICATION = dg.AssetKey(["published", "marts"])


def publication_asset(manifest: Mapping[str, Any], translator: Translator) -> dg.AssetsDefinition:
    """One op that audits and publishes every mart, or leaves what was served before."""
    marts = [
        translator.get_asset_key(node)
        for _, node in sorted(manifest["nodes"].items())
        if node["resource_type"] == "model" and node["schema"] == "marts"
    ]
    spec = dg.AssetSpec(
        key=PUBLICATION,
        deps=marts,
        description=(
            "What readers open: the marts of one build, audited, as a DuckDB file and Parquet."
            " <home>/published/current leads to the generation that is served."
        ),
        group_name="publication",
        owners=[DEFAULT_OWNER],
        kinds={"duckdb", "parquet"},
    )
    checks = [
        dg.AssetCheckSpec(name=name, asset=PUBLICATION, description=description)
        for name, description in CHECKS.items()
    ]

    @dg.multi_asset(name="publication", specs=[spec], check_specs=checks, pool=POOL)
    def publication(
        context: dg.AssetExecutionContext, holdfast: Holdfast, writer: Writer
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        settings = holdfast.settings()
        variables = all_variables(settings.project, read_variables(settings.vars_text))
        with writer.step(context):
            try:
                done = publish(settings, variables, context.log.info)
            except Refused as refused:
                yield from map(_result, refused.checks)
                raise
        for line in done.lines():
            context.log.info(line)
        tables = done.generation.manifest["tables"].values()
        yield dg.MaterializeResult(
            asset_key=PUBLICATION,
            metadata={
                "generation": done.generation.name,
                "build_id": done.generation.manifest["build_id"],
                "dagster/row_count": sum(table["rows"] for table in tables),
                "marts": len(tables),
                "closed_periods_changed": len(done.changes),
            },
        )
        yield from map(_result, done.checks)

    return publication


def _result(check: Check) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=PUBLICATION,
        check_name=check.name,
        passed=check.passed,
        metadata={"found": check.found or "nothing"},
    )
