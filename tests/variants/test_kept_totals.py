"""Erasure that keeps past totals under random ids."""

from __future__ import annotations

from pathlib import Path

from tests.python.test_privacy import check_canaries, uncompressed

__all__ = ["uncompressed"]


def test_canaries_where_past_totals_stay(tmp_path: Path, uncompressed: None) -> None:
    check_canaries(tmp_path, "keep_anonymous")
