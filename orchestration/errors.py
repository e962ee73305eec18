"""The one kind of error that is meant for the person at the console."""

from __future__ import annotations

import duckdb


class HoldfastError(Exception):
    """Something that the user can put right.

    The message is one line that says what is wrong, where, and what to do. The console command
    shows it without a traceback and ends with status 1.
    """


class TransientError(HoldfastError):
    """Something that may go away by itself, such as a file in use: worth another try."""


def told(error: BaseException) -> str:
    """What a person is told of an error. DuckDB's are cut to their first line, whose rest may quote
    values."""
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return "there is not enough memory: free some, or set a memory_limit in profiles.yml"
    if isinstance(error, duckdb.Error):
        return str(error).splitlines()[0]
    return str(error)
