"""The dbt project as Dagster sees it: its folder, and the manifest that `dbt parse` wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster_dbt import DbtProject

from orchestration.errors import HoldfastError
from orchestration.settings import project_root


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest, in which every data test on several nodes names the one it is shown at.

    Raises HoldfastError where the file is missing or is no JSON.
    """
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HoldfastError(
            f"there is no dbt manifest at {path}: run `dbt parse`, or start Dagster with `make dev`"
        ) from None
    except (OSError, ValueError) as error:
        raise HoldfastError(f"{path} is no dbt manifest ({error}): run `dbt parse`") from error
    # dagster-dbt makes no check of a singular test that reads several models, as most of the tests
    # of a whole book do. It is shown at the first one that it names, unless its
    # config.meta.dagster.ref says otherwise.
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and not node.get("attached_node"):
            parents = [p for p in node["depends_on"]["nodes"] if not p.startswith("source.")]
            node["attached_node"] = next(iter(parents or node["depends_on"]["nodes"]), None)
    return manifest


def check_manifest(project: Path, manifest: Mapping[str, Any]) -> None:
    """Raises HoldfastError where the project is no longer what Dagster has loaded.

    The graph in Dagster is that of the manifest: a model that came later would not be built, and
    one that is gone would be waited for.
    """
    advice = "run `dbt parse` and reload the code location, or start Dagster with `make dev`"
    made_at = datetime.fromisoformat(manifest["metadata"]["generated_at"]).timestamp()
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    for path in sorted({node["original_file_path"] for node in nodes}):
        if not (project / path).exists():
            raise HoldfastError(f"the manifest is stale: {path} is gone: {advice}")
    folders = (project / name for name in ("models", "macros", "tests"))
    files = [path for folder in folders for path in folder.rglob("*")]
    for path in [project / "dbt_project.yml", *files]:
        if path.suffix in (".sql", ".yml") and path.stat().st_mtime > made_at:
            name = path.relative_to(project)
            raise HoldfastError(f"the manifest is stale: {name} was changed since: {advice}")


def _prepared(project: DbtProject) -> DbtProject:
    profile = project.profiles_dir / "profiles.yml"
    if project.preparer.using_dagster_dev() and not profile.exists():
        raise HoldfastError(f"{profile} is missing: start Dagster with `make dev`, which makes it")
    project.prepare_if_dev()
    return project


dbt_project = _prepared(
    DbtProject(project_root(), target_path=os.environ.get("DBT_TARGET_PATH", "target"))
)
