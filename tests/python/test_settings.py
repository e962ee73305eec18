from pathlib import Path

import pytest

from orchestration.errors import HoldfastError
from orchestration.settings import Settings, project_root

PROJECT = Path(__file__).parents[2]


def test_places_do_not_depend_on_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert settings.project == PROJECT
    assert settings.home == PROJECT / ".holdfast"
    assert settings.warehouse == PROJECT / ".holdfast" / "warehouse.duckdb"
    assert settings.inbox == PROJECT / ".holdfast" / "inbox"


def test_environment_is_followed_and_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env(
        {"HOLDFAST_HOME": "home", "HOLDFAST_INBOX": "/in", "HOLDFAST_VARS": "{a: 1}"}
    )
    assert settings.home == tmp_path / "home"
    assert settings.inbox == Path("/in")
    assert settings.vars_text == "{a: 1}"
    assert list(tmp_path.iterdir()) == []


def test_empty_variables_count_as_unset():
    assert Settings.from_env(
        {"HOLDFAST_HOME": "", "HOLDFAST_TOKEN_KEY": "", "HOLDFAST_VARS": ""}
    ) == Settings.from_env({})


def test_the_key_is_not_shown():
    assert "secret" not in repr(Settings.from_env({"HOLDFAST_TOKEN_KEY": "secret" * 8}))


def test_addresses_are_of_the_web():
    found = Settings.from_env({"HOLDFAST_DOCS_URL": "https://docs.example.com/holdfast.html"})
    assert found.docs_url == "https://docs.example.com/holdfast.html"
    assert Settings.from_env({"HOLDFAST_DOCS_URL": ""}).docs_url is None
    for name in ("HOLDFAST_DOCS_URL", "HOLDFAST_ALERT_URL"):
        for text in ("javascript:alert(1)", "file:///etc/passwd", "docs.example.com", "//x"):
            with pytest.raises(HoldfastError, match=f"{name} is no http"):
                Settings.from_env({name: text})


def test_an_installation_without_project_says_so(tmp_path):
    with pytest.raises(HoldfastError, match=r"dbt_project\.yml"):
        project_root(tmp_path / "settings.py")


def test_the_share_of_rejected_lines_is_a_share():
    assert Settings.from_env({}).max_rejected_share == 0.1
    assert Settings.from_env({"HOLDFAST_MAX_REJECTED_SHARE": "0"}).max_rejected_share == 0
    for text in ("10%", "-0.1", "1.5", "nan"):
        with pytest.raises(HoldfastError, match="HOLDFAST_MAX_REJECTED_SHARE"):
            Settings.from_env({"HOLDFAST_MAX_REJECTED_SHARE": text})
