"""The forecast, between the models that it reads and the models that read it."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration.assets.translator import Translator
from orchestration.dbt_arguments import all_variables, read_variables
from orchestration.prediction.forecast import READS, make_forecasts
from orchestration.resources import POOL, Holdfast, Writer


def forecast_asset(manifest: Mapping[str, Any], translator: Translator) -> dg.AssetsDefinition:
    """One op that fits, scores and writes every table of schema forecasts, or none."""
    models = {node["name"]: node for node in manifest["nodes"].values()}
    reads = [translator.get_asset_key(models[name]) for name in READS]
    specs = [
        dg.AssetSpec(
            key=translator.get_asset_key(source),
            deps=reads,
            description=translator.get_description(source),
            group_name=translator.get_group_name(source),
            owners=translator.get_owners(source),
            kinds={"python", "duckdb"},
        )
        for _, source in sorted(manifest["sources"].items())
        if source["schema"] == "forecasts"
    ]

    @dg.multi_asset(name="forecast", specs=specs, pool=POOL)
    def forecast(
        context: dg.AssetExecutionContext, holdfast: Holdfast, writer: Writer
    ) -> Iterator[dg.MaterializeResult]:
        settings = holdfast.settings()
        given = read_variables(settings.vars_text)
        with writer.step(context):
            report = make_forecasts(settings, all_variables(settings.project, given))
        for line in report.lines():
            context.log.info(line)
        for spec in specs:
            rows = report.rows[spec.key.path[-1]]
            yield dg.MaterializeResult(
                asset_key=spec.key,
                metadata={"dagster/row_count": rows, "model_version": report.model_version},
            )

    return forecast
