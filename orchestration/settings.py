"""Where Holdfast reads and writes. Nothing is read from the environment or made at import."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.errors import HoldfastError


def project_root(start: Path = Path(__file__)) -> Path:
    """Folder of dbt_project.yml: the nearest one at or above `start`, whatever the working folder.

    Raises HoldfastError where there is none, as after an installation without `-e`.
    """
    for folder in start.resolve().parents:
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise HoldfastError(
        f"no dbt_project.yml above {start}: install the project from its own folder, "
        "with `pip install -e .`"
    )


@dataclass(frozen=True)
class Settings:
    """Places and choices of one installation; all paths are absolute.

    `token_key` is the text of HOLDFAST_TOKEN_KEY, or None: then the key lies in `token_key_file`.
    `vars_text` is HOLDFAST_VARS: YAML text or @file, or None. `max_rejected_share` is
    HOLDFAST_MAX_REJECTED_SHARE: the share of a file's lines, 0 to 1, above which none of it lands.
    `keep_generations` is HOLDFAST_KEEP_GENERATIONS: publications that stay, with the served one.
    `erasure_deadline_days` is HOLDFAST_ERASURE_DEADLINE_DAYS: no publication gets older, and none
    holds an erased person longer. `wait_seconds` is HOLDFAST_WAIT_SECONDS: how long to wait for
    another writer. `alert_command` (a shell command) and `alert_url` (a webhook) are
    HOLDFAST_ALERT_COMMAND and HOLDFAST_ALERT_URL: what is told of a failed run. `docs_url` is
    HOLDFAST_DOCS_URL: where the page that `make docs` writes can be read. `warehouse_file` is the
    DuckDB file that is read and written, under the home: another one for what Spark built.
    """

    project: Path
    home: Path
    inbox: Path
    token_key: str | None = field(default=None, repr=False)
    vars_text: str | None = None
    max_rejected_share: float = 0.1
    keep_generations: int = 5
    erasure_deadline_days: int = 30
    wait_seconds: int = 0
    alert_command: str | None = None
    alert_url: str | None = field(default=None, repr=False)
    docs_url: str | None = None
    warehouse_file: str = "warehouse.duckdb"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Settings as the environment states them; an empty variable counts as unset.

        Raises HoldfastError for a variable that holds what it cannot mean.
        """
        project = project_root()
        home = _absolute(environ.get("HOLDFAST_HOME")) or project / ".holdfast"
        return cls(
            project=project,
            home=home,
            inbox=_absolute(environ.get("HOLDFAST_INBOX")) or home / "inbox",
            token_key=environ.get("HOLDFAST_TOKEN_KEY") or None,
            vars_text=environ.get("HOLDFAST_VARS") or None,
            max_rejected_share=_share(environ.get("HOLDFAST_MAX_REJECTED_SHARE") or "0.1"),
            keep_generations=_whole(environ, "HOLDFAST_KEEP_GENERATIONS", 5, least=1),
            erasure_deadline_days=_whole(environ, "HOLDFAST_ERASURE_DEADLINE_DAYS", 30, least=1),
            wait_seconds=_whole(environ, "HOLDFAST_WAIT_SECONDS", 0),
            alert_command=environ.get("HOLDFAST_ALERT_COMMAND") or None,
            alert_url=_url(environ, "HOLDFAST_ALERT_URL"),
            docs_url=_url(environ, "HOLDFAST_DOCS_URL"),
        )

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that landing and dbt write."""
        return self.home / self.warehouse_file

    @property
    def vault(self) -> Path:
        """Folder that its owner alone may enter."""
        return self.home / "vault"

    @property
    def stored_files(self) -> Path:
        """The files as they were delivered, by the digest of their bytes."""
        return self.vault / "files"

    @property
    def token_key_file(self) -> Path:
        """Key of the tokens where HOLDFAST_TOKEN_KEY is unset."""
        return self.vault / "token.key"

    @property
    def published(self) -> Path:
        """Folder of the publications, which every user of the machine may read."""
        return self.home / "published"

    @property
    def runs(self) -> Path:
        """Traces of runs; dbt's logs lie in `runs/logs`."""
        return self.home / "runs"


def _absolute(text: str | None) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise HoldfastError(
            f"HOLDFAST_MAX_REJECTED_SHARE is {text!r}: state a number from 0 to 1, such as 0.1"
        )
    return share


def _whole(environ: Mapping[str, str], name: str, otherwise: int, least: int = 0) -> int:
    text = environ.get(name) or str(otherwise)
    if not text.isdecimal() or int(text) < least:
        raise HoldfastError(f"{name} is {text!r}: state a whole number from {least}")
    return int(text)


def _url(environ: Mapping[str, str], name: str) -> str | None:
    text = environ.get(name) or None
    if text and not text.startswith(("http://", "https://")):
        raise HoldfastError(f"{name} is no http:// or https:// address")
    return text
