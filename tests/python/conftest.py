"""Fixtures: an installation of its own for every test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.landing.warehouse import open_warehouse
from orchestration.settings import Settings


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
