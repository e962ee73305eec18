"""Fixtures: an installation of its own for every test."""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from orchestration.build import make_profile
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse
from tests.python.warehouses import Warehouse


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose home is a folder that does not exist yet."""
    return Settings.from_env({"HOLDFAST_HOME": str(tmp_path / "home")})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to deliver files in."""
    path = tmp_path / "delivery"
    path.mkdir()
    return path


@pytest.fixture
def query(settings: Settings) -> Callable[[str], list[tuple[Any, ...]]]:
    """Runs SQL in the warehouse, read-only."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        with open_warehouse(settings.warehouse, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return run


@pytest.fixture(scope="session")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """orchestration.definitions, loaded from a manifest parsed now: without a home, a network, or
    a look at the token key."""
    folder = tmp_path_factory.mktemp("dagster")
    project = Settings.from_env({}).project
    make_profile(project)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("VARS", "SCHEDULE_HOUR", "SCHEDULE_MINUTE", "INBOX"):
            patch.delenv(f"HOLDFAST_{name}", raising=False)
        patch.setenv("DO_NOT_TRACK", "1")
        patch.setenv("HOLDFAST_HOME", str(folder / "home"))
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        dbt = [str(Path(sys.executable).with_name("dbt")), "parse", "--quiet"]
        subprocess.run([*dbt, "--log-path", str(folder)], cwd=project, check=True)
        with pytest.MonkeyPatch.context() as offline:
            offline.setattr(socket.socket, "connect", _refuse)
            offline.setattr(Settings, "from_env", _refuse)
            sys.modules.pop("orchestration.definitions", None)
            sys.modules.pop("orchestration.dbt_project", None)
            module = importlib.import_module("orchestration.definitions")
            module.defs.resolve_all_job_defs()
        assert not (folder / "home").exists()
    return module


def _refuse(*arguments: Any, **options: Any) -> None:
    raise AssertionError("loading the definitions must not do this")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the sample company's files, as `make build` generates them."""
    folder = tmp_path_factory.mktemp("sample") / "raw"
    generate = [sys.executable, "-m", "sample_data.generate", "--out", str(folder)]
    subprocess.run(generate, cwd=Settings.from_env({}).project, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def built_sample(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The sample, landed, built and forecast once. Tests copy it before they change anything."""
    return Warehouse(tmp_path_factory.mktemp("built")).land(sample).build().forecast()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data sets; a clone alone has none."""
    folder = os.environ.get("HOLDFAST_REAL_DATA")
    if not folder:
        pytest.skip("HOLDFAST_REAL_DATA is unset: it names the folder of the real data sets")
    return Path(folder)
