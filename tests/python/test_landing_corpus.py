"""Hostile files: each has a defined outcome, and every byte of it has its place."""

from __future__ import annotations

import gzip
import re

import pytest

from orchestration.errors import HoldfastError
from orchestration.landing import land
from tests.python.hostile_files import CORPUS, Hostile


def test_the_corpus_is_large_enough() -> None:
    names = [hostile.name for hostile in CORPUS]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.name.replace(" ", "_"))
def test_a_hostile_file(settings, folder, query, hostile: Hostile) -> None:
    content = hostile.make()
    (folder / hostile.file).write_bytes(content)
    if hostile.error:
        with pytest.raises(HoldfastError, match=re.escape(hostile.error)) as error:
            land(folder, settings)
        assert hostile.file in str(error.value)
        assert "\n" not in str(error.value)
        if settings.warehouse.exists():
            assert query("select count(*) from duckdb_tables() where schema_name = 'raw'") == [(0,)]
        assert [p for p in settings.stored_files.rglob("*") if p.is_file()] == []
        return

    report = land(folder, settings)
    assert report.rows_landed == hostile.golden_rows
    landed = "raw.billing_plans order by _source_line, plan_id"
    if hostile.count is None:
        assert query(f"select plan_id, plan_name, tier from {landed}") == list(hostile.rows)
    if hostile.lines:
        lines = [line for (line,) in query(f"select _source_line from {landed}")]
        assert tuple(lines) == hostile.lines
    reasons = query("select reason, count(*) from raw.landing_rejected_lines group by 1")
    assert dict(reasons) == hostile.rejected

    # bytes in = bytes of records + bytes of rejected lines
    [(size, read, of_records, rejected)] = query(
        "select size_bytes, content_bytes, bytes_of_records, bytes_rejected from raw.landing_files"
    )
    assert size == len(content)
    text = gzip.decompress(content) if hostile.file.endswith(".gz") else content
    assert read == len(text) == of_records + rejected
    assert rejected == hostile.rejected_bytes

    # rows + rejected + header = records: the refused ones stand where the book says
    lines = query(
        "select byte_offset, size_bytes, reason, line_text from raw.landing_rejected_lines"
        " order by byte_offset"
    )
    assert sum(size for _, size, _, _ in lines) == rejected
    if hostile.offsets:
        assert tuple(offset for offset, _, _, _ in lines) == hostile.offsets
    for offset, size, reason, line_text in lines[:100]:
        raw = text[offset : offset + size]
        assert len(raw) == size
        if reason in ("ragged", "malformed_quotes") and not text.startswith((b"\xff", b"\xfe")):
            assert line_text.encode() == raw.rstrip(b"\r\n")
    assert report.lines_rejected == len(lines)

    # the stored file is the delivered one, and nobody else may read it
    stored = [path for path in settings.stored_files.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in stored] == [content]
    for path in (*stored, *stored[0].parents[:3]):
        assert path.stat().st_mode & 0o077 == 0
