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
    `vars_text` is HOLDFAST_VARS: YAML text or @file, or None.
    """

    project: Path
    home: Path
    inbox: Path
    token_key: str | None = field(default=None, repr=False)
    vars_text: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Settings as the environment states them; an empty variable counts as unset."""
        project = project_root()
        home = _absolute(environ.get("HOLDFAST_HOME")) or project / ".holdfast"
        return cls(
            project=project,
            home=home,
            inbox=_absolute(environ.get("HOLDFAST_INBOX")) or home / "inbox",
            token_key=environ.get("HOLDFAST_TOKEN_KEY") or None,
            vars_text=environ.get("HOLDFAST_VARS") or None,
        )

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that landing and dbt write."""
        return self.home / "warehouse.duckdb"

    @property
    def vault(self) -> Path:
        """Folder that its owner alone may enter."""
        return self.home / "vault"

    @property
    def token_key_file(self) -> Path:
        """Key of the tokens where HOLDFAST_TOKEN_KEY is unset."""
        return self.vault / "token.key"

    @property
    def runs(self) -> Path:
        """Traces of runs; dbt's logs lie in `runs/logs`."""
        return self.home / "runs"


def _absolute(text: str | None) -> Path | None:
    return Path(text).expanduser().absolute() if text else None
