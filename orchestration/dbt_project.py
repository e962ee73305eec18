"""The dbt project as Dagster sees it: its folder, and the manifest that `dbt parse` wrote."""

from __future__ import annotations

import json
import os
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


def _prepared(project: DbtProject) -> DbtProject:
    profile = project.profiles_dir / "profiles.yml"
    if project.preparer.using_dagster_dev() and not profile.exists():
        raise HoldfastError(f"{profile} is missing: start Dagster with `make dev`, which makes it")
    project.prepare_if_dev()
    return project


dbt_project = _prepared(
    DbtProject(project_root(), target_path=os.environ.get("DBT_TARGET_PATH", "target"))
)
