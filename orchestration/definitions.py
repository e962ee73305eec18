"""Everything that Dagster shows and runs. Loading it reads files only: no data, no secret."""

from __future__ import annotations

import dagster as dg

from orchestration.assets.forecast import forecast_asset
from orchestration.assets.landing import landing_asset
from orchestration.assets.publication import publication_asset
from orchestration.assets.report import report_assets
from orchestration.assets.translator import Translator
from orchestration.assets.warehouse import warehouse_assets
from orchestration.checks.freshness import freshness_checks
from orchestration.checks.unit_tests import unit_test_checks
from orchestration.contract import read_contract
from orchestration.dbt_project import dbt_project, read_manifest
from orchestration.resources import Holdfast, Writer
from orchestration.schedules import nightly_job, nightly_schedule, unit_test_job
from orchestration.sensors import alert_sensor, inbox_sensor

manifest = read_manifest(dbt_project.manifest_path)
translator = Translator()
unit_tests = unit_test_checks(manifest, translator)
nightly = nightly_job(unit_tests)

defs = dg.Definitions(
    assets=[
        landing_asset(manifest, translator),
        forecast_asset(manifest, translator),
        *warehouse_assets(manifest, translator),
        publication_asset(manifest, translator),
        *report_assets(),
    ],
    asset_checks=[
        freshness_checks(read_contract(dbt_project.project_dir)),
        *([unit_tests] if unit_tests else []),
    ],
    jobs=[nightly, unit_test_job(unit_tests)] if unit_tests else [nightly],
    schedules=[nightly_schedule(nightly, dbt_project.project_dir)],
    sensors=[inbox_sensor(nightly), alert_sensor()],
    resources={"holdfast": Holdfast(), "writer": Writer()},
    # The steps follow one another anyway, since DuckDB lets one process write at a time; a process
    # per step would only add its start and the loading of these definitions to each.
    executor=dg.in_process_executor,
)
