"""The warehouses of profiles.example.yml that nothing is executed on here: every model and test is
parsed and compiled for each of them, without credentials and without a connection."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]

TARGETS = ["bigquery", "databricks", "redshift", "snowflake", "trino"]
# Zones, a day and a grain that open further branches of the macros.
CHOICES = {
    "business_timezone": "Asia/Bangkok",
    "raw_timezone": "America/New_York",
    "as_of_date": "2026-01-31",
    "period_grains": ["week", "month"],
}
# Refused by Google if it were ever sent; but BigQuery's adapter wants some before it compiles.
NO_CREDENTIALS = {
    "type": "authorized_user",
    "client_id": "none",
    "client_secret": "none",
    "refresh_token": "none",
}


@pytest.fixture(scope="module", params=TARGETS)
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dbt's target folder, named as the warehouse that everything was compiled for."""
    target = request.param
    if importlib.util.find_spec(f"dbt.adapters.{target}") is None:
        missing = f"dbt-{target} is not installed here; make test-adapters installs it"
        if os.environ.get("HOLDFAST_EVERY_ADAPTER"):
            pytest.fail(missing)
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("adapters")
    (folder / "profiles.yml").write_text((PROJECT / "profiles.example.yml").read_text())
    credentials = folder / "credentials.json"
    credentials.write_text(json.dumps(NO_CREDENTIALS))
    dbt = [str(Path(sys.executable).with_name("dbt")), "compile", "--target", target, "--quiet"]
    # Both stop dbt from asking the warehouse what is there.
    offline = ["--no-introspect", "--no-populate-cache"]
    # Nothing else of the caller's: no accounts, no configuration in a home.
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_PROFILES_DIR": str(folder),
        "DBT_TARGET_PATH": str(folder / target),
        "DBT_LOG_PATH": str(folder),
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials),
    }
    run = subprocess.run(
        [*dbt, *offline, "--vars", json.dumps(CHOICES)],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / target


def test_everything_compiles(compiled: Path) -> None:
    manifest = json.loads((compiled / "manifest.json").read_text())
    assert manifest["metadata"]["adapter_type"] == compiled.name
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] in ("model", "test")]
    written = {n["unique_id"]: Path(n["compiled_path"] or "") for n in nodes}
    assert [name for name, path in written.items() if not (PROJECT / path).is_file()] == []
    sql = {name: (PROJECT / path).read_text() for name, path in written.items()}
    models = {path.stem for path in (PROJECT / "models").rglob("*.sql")}
    assert models == {n["name"] for n in nodes if n["resource_type"] == "model"}
    assert [name for name, text in sql.items() if not text.strip()] == []
    assert [name for name, text in sql.items() if re.search(r"\{\{|\{%|\{#", text)] == []


def test_every_target_is_executed_or_compiled() -> None:
    profile = yaml.safe_load((PROJECT / "profiles.example.yml").read_text())["holdfast"]
    assert profile["target"] == "duckdb"
    assert set(profile["outputs"]) == {"duckdb", "published", "spark", "lake", "lint", *TARGETS}
