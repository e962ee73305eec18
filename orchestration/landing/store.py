"""The files as delivered, kept under the digest of their bytes: `<vault>/files/<ab>/<sha256>`.

Only the owner may enter (folders 0700) and read (files 0600). The book, raw.landing_files, knows
by its column sha256 which file is which; the store itself knows no names.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

BLOCK_BYTES = 4 * 1024 * 1024


class FileStore:
    """Content-addressed files below `folder`, which is made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, sha256: str) -> Path:
        """Where the file with this digest lies, or would lie."""
        return self.folder / sha256[:2] / sha256

    def put(self, path: Path) -> str:
        """Copies the file at `path`, from whatever file system, and returns its SHA-256 (hex).

        The copy is complete and on disk before it gets its name, so a file under a digest always
        has these bytes; a crash leaves at most a `.new-*` file, which the next `put` clears away.
        What was stored before is replaced by the same bytes. Raises OSError.
        """
        _make_private(self.folder)
        for left_over in self.folder.glob(".new-*"):
            left_over.unlink(missing_ok=True)
        # mkstemp makes files that their owner alone may read
        descriptor, name = tempfile.mkstemp(prefix=".new-", dir=self.folder)
        new = Path(name)
        try:
            digest = hashlib.sha256()
            with os.fdopen(descriptor, "wb") as target, path.open("rb") as source:
                while block := source.read(BLOCK_BYTES):
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            sha256 = digest.hexdigest()
            place = self.path_of(sha256)
            _make_private(place.parent)
            new.replace(place)
            _sync_folder(place.parent)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        return sha256


def _make_private(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o700)
        _sync_folder(folder.parent)
    folder.chmod(0o700)


def _sync_folder(folder: Path) -> None:
    """Makes the names in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
