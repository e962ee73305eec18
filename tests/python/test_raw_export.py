"""The raw tables as Parquet: the same rows and types, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.dbt_arguments import register_arguments
from orchestration.errors import HoldfastError
from orchestration.landing import land
from orchestration.raw_export import export_raw
from orchestration.settings import Settings


@pytest.fixture
def landed(settings: Settings, folder: Path) -> Settings:
    (folder / "shop_orders.csv").write_text(
        "order_id,customer_id,ordered_at,status,currency,gross_amount,updated_at\n"
        "o1,c1,2024-11-03T01:30:00.123456-05:00,paid,USD,10.00,2024-11-03T06:30:00Z\n"
        "o2,,2024-11-04,paid,,ten,\n"
    )
    land(folder, settings)
    return settings


def test_every_row_and_type_arrives(landed: Settings, tmp_path: Path) -> None:
    rows = export_raw(landed, tmp_path / "lake")
    assert rows["shop_orders"] == 2 and rows["landing_files"] == 1
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{landed.warehouse}' as w (read_only)")
        for table in rows:
            here, there = f"w.raw.{table}", f"'{tmp_path}/lake/{table}/*.parquet'"
            types = [
                connection.execute(
                    f"select column_name, column_type from (describe from {relation})"
                ).fetchall()
                for relation in (here, there)
            ]
            assert types[0] == types[1]
            for a, b in ((here, there), (there, here)):
                query = f"from {a} except all from {b}"
                assert connection.execute(query).fetchall() == []


def test_an_export_replaces_the_one_before(landed: Settings, folder: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    export_raw(landed, lake)
    (lake / "gone").mkdir()
    (lake / "gone" / "part-0.parquet").touch()
    (folder / "shop_orders.csv").write_text(
        "order_id,customer_id,ordered_at,status,currency,gross_amount,updated_at\n"
        "o3,c1,2024-11-05,paid,USD,10.00,2024-11-05T06:30:00Z\n"
    )
    land(folder, landed)
    assert export_raw(landed, lake)["shop_orders"] == 3
    assert not (lake / "gone").exists()
    assert sorted(path.name for path in tmp_path.glob("lake*")) == ["lake"]


def test_nothing_of_somebody_else_is_replaced(landed: Settings, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    (lake / "photos").mkdir(parents=True)
    (lake / "photos" / "cat.jpg").touch()
    with pytest.raises(HoldfastError, match=r"photos is no earlier export.*new or empty"):
        export_raw(landed, lake)
    assert (lake / "photos" / "cat.jpg").exists()
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(HoldfastError, match="file is no earlier export"):
        export_raw(landed, file)


def test_an_export_that_fails_leaves_the_one_before(
    landed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = tmp_path / "lake"
    export_raw(landed, lake)
    before = {path: path.read_bytes() for path in lake.rglob("*.parquet")}

    def fail(connection: object, table: str, file: Path) -> int:
        raise OSError("no space left on device")

    monkeypatch.setattr("orchestration.raw_export._write", fail)
    with pytest.raises(OSError, match="no space"):
        export_raw(landed, lake)
    assert {path: path.read_bytes() for path in lake.rglob("*.parquet")} == before


def test_there_is_nothing_to_export(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(HoldfastError, match=r"there is no warehouse.*holdfast land"):
        export_raw(settings, tmp_path / "lake")
    settings.home.mkdir()
    duckdb.connect(str(settings.warehouse)).close()
    with pytest.raises(HoldfastError, match="no raw tables"):
        export_raw(settings, tmp_path / "lake")


def test_the_command_says_how_to_register(
    landed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(landed.home))
    monkeypatch.delenv("HOLDFAST_VARS", raising=False)
    done = CliRunner().invoke(main, ["export-raw", str(tmp_path / "lake")])
    assert "shop_orders: 2 rows" in done.output
    assert "dbt run-operation register_raw --target spark --args" in done.output


def test_arguments_of_the_registration(settings: Settings, tmp_path: Path) -> None:
    arguments = register_arguments(settings, tmp_path / "lake", ["a", "b"], {"x": 1})
    assert arguments[:4] == ["run-operation", "register_raw", "--target", "spark"]
    wanted = json.loads(arguments[arguments.index("--args") + 1])
    assert wanted == {"location": str(tmp_path / "lake"), "tables": ["a", "b"]}
    assert json.loads(arguments[arguments.index("--vars") + 1]) == {"x": 1}
