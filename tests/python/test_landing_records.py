"""Bytes to records: nothing is lost, everything is counted, one bad record hurts no other."""

import csv
import random

import pytest

from orchestration.errors import HoldfastError
from orchestration.landing import records
from orchestration.landing.records import read_batches, read_header


@pytest.fixture
def read(tmp_path):
    def run(content: bytes, width: int = 2, batch_rows: int = 50_000):
        path = tmp_path / "x.csv"
        path.write_bytes(content)
        rows, lines, rejected = [], [], []
        for batch in read_batches(path, width, batch_rows):
            rows += batch.rows
            lines += batch.source_lines
            rejected += batch.rejected
        return rows, lines, rejected

    return run


def reasons(rejected):
    return [(r.source_line, r.reason, r.line_text) for r in rejected]


@pytest.fixture(params=[1024 * 1024, 1], ids=["one block", "a block per line"])
def block(request, monkeypatch):
    monkeypatch.setattr(records, "BLOCK_BYTES", request.param)


@pytest.mark.usefixtures("block")
class TestRecords:
    def test_text_stays_as_delivered(self, read):
        rows, lines, rejected = read(b'a,b\n 1 ,"x, ""y"""\n,""\n2,\xe0\xb8\x81\n')
        assert rows == [[" 1 ", 'x, "y"'], ["", ""], ["2", "ก"]]
        assert lines == [2, 3, 4]
        assert rejected == []

    def test_line_after_embedded_line_ends(self, read):
        rows, lines, _ = read(b'a,b\n1,"x\ny\r\nz"\n2,y\n"3\n","\n"\n4,z')
        assert rows == [["1", "x\ny\r\nz"], ["2", "y"], ["3\n", "\n"], ["4", "z"]]
        assert lines == [2, 5, 6, 9]

    def test_a_header_of_several_lines(self, read):
        _, lines, rejected = read(b'a,"b\nc"\n1,2\n1\n')
        assert lines == [3]
        assert rejected[0].source_line == 4
        assert rejected[0].byte_offset == 12

    def test_bom_and_crlf(self, read):
        rows, lines, rejected = read(b"\xef\xbb\xbfa,b\r\n1,2\r\n3\r\n")
        assert (rows, lines) == ([["1", "2"]], [2])
        assert reasons(rejected) == [(3, "ragged", "3")]
        assert rejected[0].byte_offset == 13

    def test_ragged_empty_and_undecodable(self, read):
        content = b"a,b\n1\n\n1,2\n1,2,3\n\r\n\xff,2\n5,6\n"
        rows, lines, rejected = read(content)
        assert (rows, lines) == ([["1", "2"], ["5", "6"]], [4, 8])
        assert reasons(rejected) == [
            (2, "ragged", "1"),
            (3, "empty_line", ""),
            (5, "ragged", "1,2,3"),
            (6, "empty_line", ""),
            (7, "undecodable", "\\xff,2"),
        ]
        for record in rejected:
            assert content[record.byte_offset :].count(b"\n") == 9 - record.source_line

    def test_undecodable_bytes_inside_a_record_of_several_lines(self, read):
        rows, lines, rejected = read(b'a,b\n1,"x\n\xff"\n2,y\n')
        assert (rows, lines) == ([["2", "y"]], [4])
        assert reasons(rejected) == [(2, "undecodable", '1,"x\n\\xff"')]

    def test_a_stray_quote_swallows_no_other_row(self, read):
        rows, lines, rejected = read(b'a,b\n1,"x\n2,y\n3,"z"\n4,"u"v\n5,w\n')
        assert rows == [["2", "y"], ["3", "z"], ["5", "w"]]
        assert lines == [3, 4, 6]
        assert reasons(rejected) == [
            (2, "malformed_quotes", '1,"x'),
            (5, "malformed_quotes", '4,"u"v'),
        ]

    def test_a_quote_that_never_closes(self, read):
        rows, lines, rejected = read(b'a,b\n1,x\n2,"y\n3,z\n4,w')
        assert rows == [["1", "x"], ["3", "z"], ["4", "w"]]
        assert lines == [2, 4, 5]
        assert reasons(rejected) == [(3, "malformed_quotes", '2,"y')]

    def test_a_quote_that_never_closes_in_a_long_file(self, read):
        rows, _, rejected = read(b'a,b\n1,"x\n' + b"2,y\n" * 100_000)
        assert len(rows) == 100_000
        assert reasons(rejected) == [(2, "malformed_quotes", '1,"x')]

    def test_stray_carriage_return_and_endless_field(self, read):
        rows, _, rejected = read(b"a,b\n1\r2,3\n" + b"x" * 200_000 + b",1\n5,6\n")
        assert rows == [["5", "6"]]
        assert [r.reason for r in rejected] == ["stray_carriage_return", "field_too_long"]

    def test_nothing_is_lost_under_random_damage(self, read):
        chance = random.Random(7)
        alphabet = [b"a", b",", b'"', b"\n", b"\r\n", b"\xff", b"\xe0\xb8\x81"]
        for _ in range(300):
            body = b"".join(chance.choices(alphabet, k=chance.randrange(60)))
            rows, lines, rejected = read(b"h,i\n" + body)
            taken = sorted(lines + [r.source_line for r in rejected])
            assert len(taken) == len(set(taken))
            starts = [r.byte_offset for r in rejected]
            assert starts == sorted(starts)
            assert all(len(row) == 2 for row in rows)
            if body:
                assert taken[0] == 2
                last = body.rstrip(b"\r\n").count(b"\n") + 2
                assert any(line >= last for line in taken) or b'"' in body


def test_valid_csv_of_any_shape_reads_as_the_csv_module_does(read, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "BLOCK_BYTES", 64)
    chance = random.Random(3)
    rows = [
        ["".join(chance.choices('ab,"\n\r ก', k=chance.randrange(12))) for _ in range(3)]
        for _ in range(2000)
    ]
    path = tmp_path / "y.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["a", "b", "c"], *rows])
    landed, _, rejected = read(path.read_bytes(), 3, 100)
    assert landed == rows
    assert rejected == []


def test_batches_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "BLOCK_BYTES", 1)
    path = tmp_path / "x.csv"
    path.write_bytes(b"a\n" + b"1\n" * 25)
    assert [len(b.rows) for b in read_batches(path, 1, 10)] == [10, 10, 5]
    monkeypatch.setattr(records, "BATCH_BYTES", 8)
    assert [len(b.rows) for b in read_batches(path, 1, 10)] == [4, 4, 4, 4, 4, 4, 1]


def test_header_names_are_stripped(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b'\xef\xbb\xbfa, b ,"c"\r\n1,2,3\r\n')
    assert read_header(path) == ["a", "b", "c"]


@pytest.mark.parametrize("content", [b"", b"\n1,2\n", b"\xff\xfea\x00,\x00b\x00", b'"a\n', b"a\rb"])
def test_a_file_without_readable_header_is_an_error(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(HoldfastError, match=r"x\.csv: line 1: "):
        read_header(path)
