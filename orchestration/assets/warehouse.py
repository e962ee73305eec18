"""Every dbt model and seed as an asset, and every dbt data test as an asset check."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliInvocation, dbt_assets
from dagster_dbt.core.dbt_event_iterator import DbtDagsterEventType, DbtEventIterator
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from orchestration.assets.translator import Translator
from orchestration.build import erase_what_is_due
from orchestration.dbt_arguments import AFTER_FORECASTS, dbt_build_arguments, read_variables
from orchestration.dbt_project import check_manifest
from orchestration.errors import TransientError
from orchestration.resources import POOL, Holdfast, Writer, environment
from orchestration.warehouse import close_warehouse


class BuildConfig(dg.Config):
    """Choices of one build."""

    full_refresh: bool = False


def warehouse_assets(
    manifest: Mapping[str, Any], translator: Translator
) -> list[dg.AssetsDefinition]:
    """Two ops that run `dbt build` for the assets and checks selected: what the forecast reads, and
    what reads the forecast.
    """
    return [
        _dbt_build("warehouse", manifest, translator, exclude=AFTER_FORECASTS),
        _dbt_build("after_forecasts", manifest, translator, select=AFTER_FORECASTS),
    ]


def _dbt_build(
    name: str, manifest: Mapping[str, Any], translator: Translator, **selection: str
) -> dg.AssetsDefinition:
    """One op that runs `dbt build` for a part of the project.

    No `project=` is given: with one, dagster-dbt answers a selection of many nodes by copying the
    whole project folder, the vault and .venv included, to a temporary folder.
    """

    @dbt_assets(
        manifest=manifest,
        name=name,
        dagster_dbt_translator=translator,
        pool=POOL,
        **selection,
    )
    def build_part(
        context: dg.AssetExecutionContext, config: BuildConfig, holdfast: Holdfast, writer: Writer
    ) -> Iterator[DbtDagsterEventType]:
        settings = holdfast.settings()
        arguments = dbt_build_arguments(
            settings,
            variables=read_variables(settings.vars_text),
            full_refresh=config.full_refresh,
        )
        with writer.step(context):
            check_manifest(settings.project, manifest)
            # Of a part of the models nobody is erased: the rest would be missing until all is
            # built.
            if "exclude" in selection and not context.is_subset:
                erase_what_is_due(settings, read_variables(settings.vars_text), context.log.info)
            dbt = holdfast.dbt()
            target = holdfast.artifacts(context.run_id, name)
            # Of a part of the models, only the tests whose every parent belongs to that part: the
            # other parents may not be built yet, or be older.
            partial = {"DBT_INDIRECT_SELECTION": "cautious"} if context.is_subset else {}
            with environment(partial):
                build = dbt.cli(arguments, context=context, target_path=target)
            try:
                yield from with_row_counts(build)
            finally:
                close_warehouse()

    return build_part


def with_row_counts(build: DbtCliInvocation) -> Iterator[DbtDagsterEventType]:
    """Events of a dbt build once it has ended, with row counts. Raises what the build raised.

    DuckDB lets nobody count before dbt has ended. `stream().fetch_row_counts()` waits for that end
    in a loop without a pause, which costs dbt one of its cores; so the end is awaited here.
    """
    events, failure = [], None
    try:
        for event in build.stream():
            events.append(event)
    except DagsterDbtCliRuntimeError as error:
        failure = error
    yield from DbtEventIterator(iter(events), build).fetch_row_counts()
    if failure and "Could not set lock on file" in str(failure):
        raise TransientError("dbt found the warehouse in use by another process") from failure
    if failure:
        raise failure
