"""Bytes to records: nothing is lost, everything is counted, one bad record hurts no other."""

import csv
import os
import random

import pytest

from orchestration.errors import HoldfastError
from orchestration.landing import csv_reader
from orchestration.landing.csv_reader import CsvReader


def read_all(path, width=None, use_fast_path=True):
    """Rows, the line of each, refused records; each byte has to be booked once."""
    rows, lines, rejected, booked = [], [], [], 0
    with CsvReader(path, path) as reader:
        names = {place: f"f{place}" for place in range(len(reader.header))}
        for batch in reader.batches(names, use_fast_path):
            for table in batch.tables:
                columns = [column.to_pylist() for column in table.columns]
                rows += [list(row) for row in zip(*columns[:-1], strict=True)]
                lines += columns[-1]
            assert sum(record.size_bytes for record in batch.rejected) == batch.rejected_bytes
            rejected += batch.rejected
            booked += batch.row_bytes + batch.rejected_bytes
        assert reader.header_bytes + booked == reader.bytes_read == path.stat().st_size
    return rows, lines, rejected


@pytest.fixture
def read(tmp_path):
    def run(content: bytes):
        path = tmp_path / "x.csv"
        path.write_bytes(content)
        return read_all(path)

    return run


def reasons(rejected):
    return [(r.source_line, r.reason, r.line_text) for r in rejected]


@pytest.fixture(params=["as it is", "few bytes at a time", "careful path"])
def block(request, monkeypatch):
    if request.param == "few bytes at a time":
        monkeypatch.setattr(csv_reader, "READ_BYTES", 1)
        monkeypatch.setattr(csv_reader, "FAST_BYTES", 16)
        monkeypatch.setattr(csv_reader, "CAREFUL_BYTES", 2)
        monkeypatch.setattr(csv_reader, "STEP_BYTES", 3)
    if request.param == "careful path":
        monkeypatch.setattr(csv_reader.CsvReader, "_take_plain", lambda *_: None)


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

    def test_lone_carriage_returns_divide_whole_rows_only(self, read):
        rows, lines, rejected = read(b'a,b\n1\r2,3\n4,5\r6,"7"\n8,9\r')
        assert rows == [["4", "5"], ["6", "7"], ["8", "9"]]
        assert lines == [3, 4, 5]
        assert reasons(rejected) == [(2, "stray_carriage_return", "1\r2,3")]

    def test_a_file_whose_header_ends_with_a_carriage_return(self, read):
        rows, lines, rejected = read(b'a,b\r1,2\r3\r4,"x\ry"\r5,6\r\n\r7,8')
        assert rows == [["1", "2"], ["4", "x\ry"], ["5", "6"], ["7", "8"]]
        assert lines == [2, 4, 6, 8]
        assert reasons(rejected) == [(3, "ragged", "3"), (7, "empty_line", "")]

    def test_a_header_again_and_nul_bytes(self, read):
        rows, _, rejected = read(b'a,"b"\n1,2\na,"b"\n\xef\xbb\xbfa,"b"\r\na,b\n1,\x00\n')
        assert rows == [["1", "2"], ["a", "b"]]
        assert [r.reason for r in rejected] == ["repeated_header", "repeated_header", "nul_byte"]
        assert rejected[2].line_text == "1,\\x00"

    def test_quotes_within_a_field_are_text(self, read):
        rows, _, rejected = read(b'a,b\n5" pipe,x""y\n6,7"\n')
        assert rows == [['5" pipe', 'x""y'], ["6", '7"']]
        assert rejected == []

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


def test_a_long_line_is_refused_and_hurts_no_other(read, monkeypatch):
    monkeypatch.setattr(csv_reader, "RECORD_BYTES", 100_000)
    monkeypatch.setattr(csv_reader, "READ_BYTES", 7_000)
    text = b"a,b\n1,2\n" + b"x" * 200_000 + b",1\n3,4\n" + b'"' + b"y" * 200_000
    rows, lines, rejected = read(text)
    assert (rows, lines) == ([["1", "2"], ["3", "4"]], [2, 4])
    assert [(r.reason, r.source_line, r.byte_offset, r.size_bytes) for r in rejected] == [
        ("line_too_long", 3, 8, 200_003),
        ("line_too_long", 5, 200_015, 200_001),
    ]
    assert rejected[0].line_text == "x" * csv_reader.SHOWN_BYTES


def test_a_field_of_10_mb_lands(read):
    field = "ก\n" * 2_500_000
    rows, lines, rejected = read(f'a,b\n1,"{field}"\n2,x\n'.encode())
    assert rows == [["1", field], ["2", "x"]]
    assert (lines, rejected) == ([2, 2_500_003], [])


def test_valid_csv_of_any_shape_reads_as_the_csv_module_does(read, tmp_path, monkeypatch):
    monkeypatch.setattr(csv_reader, "READ_BYTES", 512)
    monkeypatch.setattr(csv_reader, "FAST_BYTES", 1024)
    chance = random.Random(3)
    rows = [
        ["".join(chance.choices('ab,"\n\r ก', k=chance.randrange(12))) for _ in range(3)]
        for _ in range(2000)
    ]
    path = tmp_path / "y.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["a", "b", "c"], *rows])
    landed, _, rejected = read(path.read_bytes())
    assert landed == rows
    assert rejected == []


def test_the_fast_path_makes_the_same_rows_as_the_careful_one(tmp_path, monkeypatch):
    """On random dirty files: the same rows, lines and refused records, byte for byte."""
    monkeypatch.setattr(csv_reader, "CAREFUL_BYTES", 24)
    chance = random.Random(int(os.environ.get("HOLDFAST_SEED", "11")))
    clean = [b"ab", b",", b",", b"\n", b"\n", b"\xe0\xb8\x81", b'"x"', b'"x,y"', b'"a\nb"', b'""']
    dirty = [
        b'"',
        b"\r",
        b"\r\n",
        b"\xff",
        b"\0",
        b"\n\n",
        b"\xef\xbb\xbf",
        b"h",
        b"h,i",
        b'""',
        b",,",
    ]
    path = tmp_path / "x.csv"
    taken_fast = 0
    take_plain = CsvReader._take_plain

    def counting(*arguments):
        nonlocal taken_fast
        taken_fast += (rows := take_plain(*arguments)) is not None
        return rows

    monkeypatch.setattr(CsvReader, "_take_plain", counting)
    for _ in range(int(os.environ.get("HOLDFAST_DIRTY_FILES", "1500"))):
        width = chance.choice([1, 2, 2, 3])
        end = chance.choice([b"\n", b"\n", b"\r\n", b"\r"])
        text = [b",".join([b"h", b"i", b"j"][:width]), end]
        share = chance.choice([0, 0.01, 0.1])
        for _ in range(chance.randrange(30)):
            if chance.random() < 0.5:
                fields = [chance.choice([b"", b"ab", b'"x,""y"', b'"a\nb"']) for _ in range(width)]
                text.append(b",".join(fields) + end)
            else:
                text += chance.choices(clean, k=chance.randrange(8))
            if chance.random() < share * 5:
                text.append(chance.choice(dirty))
        path.write_bytes(b"".join(text))
        monkeypatch.setattr(csv_reader, "READ_BYTES", chance.choice([5, 64, 4096]))
        monkeypatch.setattr(csv_reader, "FAST_BYTES", chance.choice([16, 64, 4096]))
        fast = read_all(path)
        assert fast == read_all(path, use_fast_path=False), path.read_bytes()
    assert taken_fast > 500


def test_batches_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_reader, "FAST_BYTES", 16)
    monkeypatch.setattr(csv_reader, "BATCH_ROWS", 8)
    path = tmp_path / "x.csv"
    path.write_bytes(b"a\n" + b"1\n" * 25)
    with CsvReader(path, path) as reader:
        assert [batch.rows for batch in reader.batches({0: "a"})] == [8, 8, 8, 1]


def test_header_names_are_stripped(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b'\xef\xbb\xbfa, b ,"c"\r\n1,2,3\r\n')
    with CsvReader(path, path) as reader:
        assert reader.header == ["a", "b", "c"]


@pytest.mark.parametrize(
    "content", [b"", b"\n1,2\n", b"\xffa,b", b"a\0,b\0", b'"a\n', b'"a"b\n', b"\xef\xbb\xbf"]
)
def test_a_file_without_readable_header_is_an_error(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(HoldfastError, match=r"x\.csv: line 1: "):
        CsvReader(path, path)
