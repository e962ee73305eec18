"""How many refused lines a file may have before it is refused as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import HoldfastError
from orchestration.landing.report import FileReport

# So many refused lines never refuse a file: one bad line in five is no reason to.
TOLERATED_LINES = 5
# Deflate packs no byte into less than this share of one.
MOST_GZIP_RATIO = 1032


@dataclass(frozen=True)
class Limit:
    """The share of a file's records after the header (0 to 1) that may be refused.

    At 0 no line may be; else TOLERATED_LINES always may.
    """

    max_share: float

    def check(self, path: Path, report: FileReport, rows_to_come: int = 0) -> None:
        """Raises HoldfastError where the share is exceeded, even if so many rows still came."""
        rejected = report.lines_rejected
        if rejected <= (TOLERATED_LINES if self.max_share else 0):
            return
        if rejected <= self.max_share * (report.rows_landed + rejected + rows_to_come):
            return
        records = report.rows_landed + rejected
        so_far = " so far" if rows_to_come else ""
        raise HoldfastError(
            f"{path}: {rejected:,} of {records:,} lines{so_far} are no rows"
            f" ({report.reasons_text()}), the first one is line {report.first_rejected_line}:"
            f" more than the share of {self.max_share:g} that may be rejected; mend the file, or"
            " set HOLDFAST_MAX_REJECTED_SHARE"
        )

    def most_bytes(self, path: Path, is_gzip: bool) -> int:
        """How many bytes of text the file can hold at most."""
        size = path.stat().st_size
        return size * MOST_GZIP_RATIO if is_gzip else size
