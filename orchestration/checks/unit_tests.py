"""dbt's unit tests as asset checks of the models that they test; dagster-dbt leaves them out."""

import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration.assets.translator import Translator
from orchestration.resources import POOL, Holdfast, environment


def unit_test_checks(
    manifest: Mapping[str, Any], translator: Translator
) -> dg.AssetChecksDefinition | None:
    """One op with a check per unit test; None where the project has no unit test.

    They prove the code, not the data: they run with the vars of dbt_project.yml, in a database of
    their own in which every model was built empty, and stand in no nightly build.
    """
    specs = {
        unique_id: dg.AssetCheckSpec(
            name=re.sub(r"\W", "_", f"unit_test_{test['name']}"),
            asset=translator.get_asset_key(manifest["nodes"][test["depends_on"]["nodes"][0]]),
            description=test.get("description") or None,
        )
        for unique_id, test in sorted(manifest.get("unit_tests", {}).items())
    }
    if not specs:
        return None

    @dg.multi_asset_check(name="unit_tests", specs=list(specs.values()), can_subset=True, pool=POOL)
    def unit_tests(
        context: dg.AssetCheckExecutionContext, holdfast: Holdfast
    ) -> Iterator[dg.AssetCheckResult]:
        results = run_unit_tests(holdfast, context.run.run_id)
        for unique_id, spec in specs.items():
            if spec.key in context.selected_asset_check_keys:
                result = results.get(unique_id, {"status": "not run", "message": None})
                yield dg.AssetCheckResult(
                    check_name=spec.name,
                    asset_key=spec.asset_key,
                    passed=result["status"] == "pass",
                    metadata={
                        "status": result["status"],
                        "message": dg.MetadataValue.md(f"```\n{result['message'] or ''}\n```"),
                    },
                )

    return unit_tests


def run_unit_tests(holdfast: Holdfast, run_id: str) -> dict[str, dict[str, Any]]:
    """Runs every unit test; their entries of dbt's run_results.json by unique id.

    Raises DagsterDbtCliRuntimeError where a model cannot be built empty.
    """
    dbt = holdfast.dbt()
    target = holdfast.artifacts(run_id, "unit_tests")
    common = ["--log-path", str(holdfast.settings().runs / "logs")]
    # Always the same folder: dbt parses the whole project again where its profile has changed.
    scratch = holdfast.settings().runs / "unit_tests"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    with environment({"HOLDFAST_HOME": str(scratch)}):
        # A unit test reads the column types of its parents, so these have to exist.
        empty = ["build", "--empty", "--exclude-resource-type", "unit_test", "test"]
        dbt.cli([*empty, *common], target_path=target).wait()
        tests = ["test", "--select", "resource_type:unit_test"]
        run = dbt.cli([*tests, *common], target_path=target, raise_on_error=False).wait()
    shutil.rmtree(scratch)
    results = run.get_artifact("run_results.json")["results"]
    return {result["unique_id"]: result for result in results}
