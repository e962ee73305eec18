"""The files as delivered, kept under the digest of their bytes: `<vault>/files/<ab>/<sha256>`.

Only the owner may enter (folders 0700) and read (files 0600). The book, raw.landing_files, knows
by its column stored_sha256 which file is which; the store itself knows no names.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK_BYTES = 4 * 1024 * 1024


class FileStore:
    """Content-addressed files below `folder`, which is made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, sha256: str) -> Path:
        """Where the file with this digest lies, or would lie."""
        return self.folder / sha256[:2] / sha256

    def files(self) -> list[Path]:
        """Every stored file, by digest."""
        return sorted(path for path in self.folder.glob("??/*") if path.is_file())

    def put(self, path: Path) -> str:
        """Copies the file at `path`, from whatever file system, and returns its SHA-256 (hex).

        The copy is complete and on disk before it gets its name, so a file under a digest always
        has these bytes; a crash leaves at most a `.new-*` file, which the next `put` clears away.
        What was stored before is replaced by the same bytes. Raises OSError.
        """
        with self.new_file() as new:
            digest = hashlib.sha256()
            with new.open("wb") as target, path.open("rb") as source:
                while block := source.read(BLOCK_BYTES):
                    digest.update(block)
                    target.write(block)
            return self._adopt(new, digest.hexdigest())

    @contextmanager
    def new_file(self) -> Iterator[Path]:
        """An empty file for its owner alone; what is not adopted goes. One at a time."""
        make_private_folder(self.folder)
        self.clear()
        descriptor, name = tempfile.mkstemp(prefix=".new-", dir=self.folder)
        os.close(descriptor)
        new = Path(name)
        try:
            yield new
        finally:
            new.unlink(missing_ok=True)

    def clear(self) -> None:
        """Takes away what a crash left half-written."""
        for left_over in self.folder.glob(".new-*"):
            left_over.unlink(missing_ok=True)

    def adopt(self, new: Path) -> str:
        """Moves a `new_file`, now complete, to its digest, which it returns."""
        with new.open("rb") as file:
            return self._adopt(new, hashlib.file_digest(file, "sha256").hexdigest())

    def _adopt(self, new: Path, sha256: str) -> str:
        sync(new)
        place = self.path_of(sha256)
        make_private_folder(place.parent)
        new.replace(place)
        sync(place.parent)
        return sha256

    def remove(self, sha256: str) -> None:
        """Takes a file away for good."""
        place = self.path_of(sha256)
        place.unlink(missing_ok=True)
        sync(place.parent)


def make_private_folder(folder: Path) -> None:
    """Makes a folder that its owner alone may enter."""
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o700)
        sync(folder.parent)
    folder.chmod(0o700)


def sync(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on disk: they survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
