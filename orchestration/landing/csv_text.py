"""The text of a CSV file as UTF-8, read forward, with every byte of the file accounted for.

Plain or gzip (one member or several). UTF-8, with or without byte order mark, is passed on as it
is, valid or not. UTF-16 with a byte order mark is decoded; what is no UTF-16 (half a surrogate
pair, an odd byte at the end) becomes bytes that are no UTF-8, so that its record is refused.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from orchestration.errors import HoldfastError

UTF8_BOM = b"\xef\xbb\xbf"
UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
UTF32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
ODD_BYTE = b"\xff"


class CsvText:
    """One open file; a context manager. `name` stands for it in errors.

    `bytes_read` counts the bytes of the file (of gzip: of what was packed), `bom_bytes` those of
    its byte order mark.
    """

    def __init__(self, path: Path, name: Path, is_gzip: bool) -> None:
        self._name = name
        self._file = gzip.GzipFile(path) if is_gzip else path.open("rb")
        self.bytes_read = 0
        self._encoding: str | None = None
        self._kept = b""
        try:
            start = self._read(4)
        except BaseException:
            self._file.close()
            raise
        self.is_utf32 = start in UTF32
        if start.startswith(UTF8_BOM):
            self.bom_bytes = len(UTF8_BOM)
        else:
            self._encoding = None if self.is_utf32 else UTF16.get(start[:2])
            self.bom_bytes = 2 if self._encoding else 0
        self._start = start[self.bom_bytes :]

    @property
    def is_decoded(self) -> bool:
        """Whether the text is another one than the bytes of the file (of gzip: of what was
        packed)."""
        return self._encoding is not None

    def __enter__(self) -> CsvText:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """About `size` bytes more, ending with a whole character of UTF-16; b'' at the end.

        Raises HoldfastError where gzip is cut off or damaged, OSError where reading fails.
        """
        raw = self._start + self._read(size)
        self._start = b""
        if self._encoding is None:
            return raw
        is_end, raw = not raw, self._kept + raw
        even = len(raw) & ~1
        odd = raw[even:]
        if not is_end and even and _is_first_half(raw[even - 2 : even], self._encoding):
            even -= 2
        self._kept = b"" if is_end else raw[even:]
        text = raw[:even].decode(self._encoding, "surrogatepass")
        data = text.encode("utf-8", "surrogatepass")
        if is_end:
            return data + (ODD_BYTE if odd else b"")
        return data or self.read(size)

    def size_of(self, data: bytes) -> int:
        """Bytes that whole characters returned by `read` take in the file."""
        if self._encoding is None:
            return len(data)
        if data.isascii():
            return 2 * len(data)
        odd = data.endswith(ODD_BYTE)
        text = data[: len(data) - odd].decode("utf-8", "surrogatepass")
        return len(text.encode("utf-16-le", "surrogatepass")) + odd

    def _read(self, size: int) -> bytes:
        try:
            block = self._file.read(size)
        except EOFError:
            raise HoldfastError(
                f"{self._name}: gzip ends after {self.bytes_read:,} bytes of text, in the midst of"
                " a member: the file was cut off, deliver it again whole"
            ) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise HoldfastError(
                f"{self._name}: gzip is damaged after {self.bytes_read:,} bytes of text ({error}):"
                " deliver it again whole"
            ) from None
        self.bytes_read += len(block)
        return block


def _is_first_half(unit: bytes, encoding: str) -> bool:
    """Whether two bytes are the first half of a surrogate pair, whose second is yet to come."""
    high = unit[1] if encoding == "utf-16-le" else unit[0]
    return 0xD8 <= high <= 0xDB
