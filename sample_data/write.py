"""Files: CSV or Parquet, written in chunks to a temporary folder, then renamed one by one."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SUFFIXES = ("csv", "parquet")
LINE_OF_BAD_LINES = 12  # rows of the first chunk before the bad lines


def csv_bytes(table: pa.Table) -> memoryview:
    """RFC 4180 lines with a line feed at the end; null is an empty field."""
    columns = [_quoted(column.combine_chunks()) for column in table.columns]
    line = pc.binary_join_element_wise(*columns, ",") if len(columns) > 1 else columns[0]
    text = pc.binary_join_element_wise(line, "", "\n")
    if not len(text):
        return memoryview(b"")
    text = pc.cast(text, pa.large_string())
    ends = np.frombuffer(text.buffers()[1], dtype=np.int64)  # where each line ends in the data
    return memoryview(text.buffers()[2])[: ends[len(text)]]


def _quoted(values: pa.Array) -> pa.Array:
    values = pc.fill_null(values, "")
    needs = pc.match_substring_regex(values, '[",\r\n]')
    if not pc.any(needs).as_py():
        return values
    escaped = pc.replace_substring(values, '"', '""')
    return pc.if_else(needs, pc.binary_join_element_wise('"', escaped, '"', ""), values)


class Landing:
    """The files of one run; `finish` moves them to their place, and only then do they exist."""

    def __init__(self, out: Path, suffix: str) -> None:
        self.out, self.suffix = out, suffix
        out.parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=".sample-", dir=out.parent))
        self.files: dict = {}

    def add(self, name: str, table: pa.Table, bad_lines: tuple[bytes, ...] = ()) -> None:
        """Append a chunk of a table."""
        path = self.folder / f"{name}.{self.suffix}"
        if self.suffix == "parquet":
            if name not in self.files:
                self.files[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
            self.files[name].write_table(table)
            return
        if name not in self.files:
            self.files[name] = path.open("wb")
            self.files[name].write((",".join(table.column_names) + "\n").encode())
        before = min(LINE_OF_BAD_LINES, len(table)) if bad_lines else 0
        self.files[name].write(csv_bytes(table.slice(0, before)))
        for line in bad_lines:
            self.files[name].write(line)
        self.files[name].write(csv_bytes(table.slice(before)))

    def finish(self, truth_path: Path, truth: str) -> None:
        """Close all files and rename each into place; the truth comes last."""
        self.close()
        self.out.mkdir(parents=True, exist_ok=True)
        for name in sorted(self.files):
            (self.folder / f"{name}.{self.suffix}").replace(self.out / f"{name}.{self.suffix}")
            for other in SUFFIXES:  # the same table in the other format would be landed twice
                if other != self.suffix:
                    (self.out / f"{name}.{other}").unlink(missing_ok=True)
        truth_path.parent.mkdir(parents=True, exist_ok=True)
        temporary = truth_path.with_name(f".{truth_path.name}.{self.folder.name[1:]}")
        temporary.write_text(truth, encoding="utf-8", newline="\n")
        temporary.replace(truth_path)

    def close(self) -> None:
        """Close what is open."""
        for file in self.files.values():
            file.close()

    def __enter__(self) -> "Landing":
        return self

    def __exit__(self, *error) -> None:
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)
