"""The one kind of error that is meant for the person at the console."""

from __future__ import annotations

import re

import duckdb

NO_MEMORY = "there is not enough memory: free some, or set a memory_limit in profiles.yml"
# What libraries say of it where their error is of another kind.
_SAID_OF_MEMORY = re.compile(
    r"bad.?alloc|out of memory|allocate memory|failed to map|start new thread", re.IGNORECASE
)


class HoldfastError(Exception):
    """Something that the user can put right.

    The message is one line that says what is wrong, where, and what to do. The console command
    shows it without a traceback and ends with status 1.
    """


class TransientError(HoldfastError):
    """Something that may go away by itself, such as a file in use: worth another try."""


def lacks_memory(error: BaseException | None) -> bool:
    """Whether missing memory caused an error.

    Libraries raise it as whatever they have at hand: DuckDB a transaction that fails, the loader an
    ImportError, a thread's stack a RuntimeError, and C code of Python without words a SystemError.
    """
    if isinstance(error, MemoryError | SystemError | duckdb.OutOfMemoryException):
        return True
    # Not errors about data or a statement, which quote what they were given.
    kinds = duckdb.OperationalError | duckdb.FatalException | ImportError | OSError | RuntimeError
    return isinstance(error, kinds) and says_no_memory(str(error))


def says_no_memory(text: str) -> bool:
    """Whether the text of a library's error says that memory is missing."""
    return _SAID_OF_MEMORY.search(text) is not None


def told(error: BaseException) -> str:
    """What a person is told of an error. DuckDB's are cut to their first line, whose rest may quote
    values."""
    if lacks_memory(error):
        return NO_MEMORY
    if isinstance(error, duckdb.Error):
        return str(error).splitlines()[0]
    return str(error)
