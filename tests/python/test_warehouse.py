"""Opening the warehouse file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.errors import HoldfastError
from orchestration.warehouse import open_beside, open_warehouse


@pytest.mark.parametrize("opened", [open_warehouse, open_beside])
def test_memory_is_limited(opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Erasure, forecast and publication keep to what dbt keeps to."""
    file = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(file)).close()
    monkeypatch.setenv("HOLDFAST_MEMORY_LIMIT", "64MiB")
    with opened(file) as connection:
        setting = connection.execute("select current_setting('memory_limit')").fetchall()
    assert setting == [("64.0 MiB",)]
    monkeypatch.setenv("HOLDFAST_MEMORY_LIMIT", "much")
    with pytest.raises(HoldfastError, match="HOLDFAST_MEMORY_LIMIT is 'much': give it as 7GB"):
        opened(file)
