"""The one way in which our own code opens a publication."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from orchestration.errors import HoldfastError, told
from orchestration.publication.generations import CURRENT, DATABASE

# A read-only DuckDB would still read and write other files. Locked, none of this can be undone by
# a query.
HARDENED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
    "lock_configuration": "true",
}


def open_publication(published: Path) -> duckdb.DuckDBPyConnection:
    """A hardened, read-only connection to the generation that is served now, or to a folder of one.

    `published`: <home>/published, or the folder of a generation. The connection keeps its
    generation however many are published meanwhile; open anew to see the next one. Raises
    HoldfastError where nothing is published.
    """
    folder = published / CURRENT if (published / CURRENT).is_symlink() else published
    # Followed once: what is opened after the next swap would be of another generation.
    database = Path(os.path.realpath(folder)) / DATABASE
    if not database.is_file():
        raise HoldfastError(f"nothing is published in {published}: run `holdfast build`")
    return open_hardened(database)


def open_hardened(database: Path, **settings: str) -> duckdb.DuckDBPyConnection:
    """Opens one DuckDB file, which no query can leave; `settings` are more ones of DuckDB."""
    try:
        return duckdb.connect(str(database), read_only=True, config=HARDENED | settings)
    except duckdb.Error as error:
        raise HoldfastError(f"{database} cannot be opened: {told(error)}") from error
