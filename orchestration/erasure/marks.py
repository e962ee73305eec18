"""How erased rows and erased ids are recognised afterwards, without telling whose they were."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import duckdb

from orchestration.landing.store import make_private_folder
from orchestration.settings import Settings

# Random ids of rows that stay without their person begin so.
ANONYMOUS_ID = "erased-"


class Hashes:
    """HMAC-SHA-256 of ids, computed by DuckDB, with a key of its own that is never rotated: the ids
    are gone, so that nothing could be hashed anew."""

    def __init__(self, settings: Settings) -> None:
        key = _key(settings.vault / "erased.key").ljust(64, b"\0")
        self.values = [bytes(byte ^ 0x5C for byte in key), bytes(byte ^ 0x36 for byte in key)]

    @staticmethod
    def expression(text: str) -> str:
        """SQL of the hash of `text`; `values` are its two parameters."""
        return f"sha256(?::blob || unhex(sha256(?::blob || encode({text}))))"

    @staticmethod
    def are_any(connection: duckdb.DuckDBPyConnection, raw_table: str) -> bool:
        """Whether an id of this table was ever erased."""
        found = connection.execute(
            "select 1 from raw.landing_erased_ids where raw_table = ? limit 1", [raw_table]
        )
        return bool(found.fetchall())


def _key(path: Path) -> bytes:
    make_private_folder(path.parent)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(16) + "\n")
    return path.read_text(encoding="ascii").strip().encode()
