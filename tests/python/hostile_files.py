"""Hostile deliveries, made byte by byte, each with what landing has to make of it.

All but the Parquet ones are files of `billing_plans` (plan_id, plan_name, tier), or of
`crm_customers` where personal data matter.
"""

from __future__ import annotations

import gzip
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

HEADER = b"plan_id,plan_name,tier\n"
BOM = b"\xef\xbb\xbf"
NAMES = ("plan_id", "plan_name", "tier")


@dataclass(frozen=True)
class Hostile:
    """A file and its golden counts: rows, refused lines by reason, and the bytes of these; or
    `error`, a part of the message with which the whole file is refused.

    `rows` are plan_id, plan_name, tier as they land; `count` stands for them where they are many.
    `lines` are the lines at which the rows begin, `offsets` those of the refused lines.
    """

    name: str
    make: Callable[[], bytes]
    rows: tuple[tuple[str | None, ...], ...] = ()
    count: int | None = None
    lines: tuple[int, ...] | None = None
    rejected: dict[str, int] = field(default_factory=dict)
    rejected_bytes: int = 0
    offsets: tuple[int, ...] | None = None
    error: str | None = None
    file: str = "billing_plans.csv"

    @property
    def golden_rows(self) -> int:
        """Rows that land."""
        return len(self.rows) if self.count is None else self.count


CORPUS: list[Hostile] = []


def add(name: str, content: bytes | Callable[[], bytes], **golden: object) -> None:
    make = content if callable(content) else (lambda: content)
    if isinstance(golden.get("rejected"), str):
        golden["rejected"] = dict(Counter(golden["rejected"].split()))
    CORPUS.append(Hostile(name, make, **golden))


P1, P2, P3 = (f"p{n},Plan {n},gold\n".encode() for n in (1, 2, 3))
R1, R2, R3 = ((f"p{n}", f"Plan {n}", "gold") for n in (1, 2, 3))

# --- fields and lines -------------------------------------------------------------------------
add("clean", HEADER + P1 + P2, rows=(R1, R2), lines=(2, 3))
add("no line end at the end", HEADER + P1 + P2[:-1], rows=(R1, R2))
add("header alone", HEADER)
add("header alone without line end", HEADER[:-1])
add(
    "too few fields",
    HEADER + P1 + b"p2,x\n" + P3,
    rows=(R1, R3),
    lines=(2, 4),
    rejected="ragged",
    rejected_bytes=5,
    offsets=(38,),
)
add(
    "too many fields",
    HEADER + b"p1,a,b,c\n" + P2,
    rows=(R2,),
    rejected="ragged",
    rejected_bytes=9,
    offsets=(23,),
)
add(
    "an unquoted comma in a name",
    HEADER + b"p1,Plan, big,gold\n" + P2,
    rows=(R2,),
    rejected="ragged",
    rejected_bytes=18,
)
add(
    "cut off in the midst of a line",
    HEADER + P1 + P2[:5],
    rows=(R1,),
    rejected="ragged",
    rejected_bytes=5,
    offsets=(38,),
)
add(
    "cut off within quotes",
    HEADER + P1 + b'p2,"Pla',
    rows=(R1,),
    rejected="malformed_quotes",
    rejected_bytes=7,
)
add(
    "empty lines",
    HEADER + b"\n" + P1 + b"\n\n",
    rows=(R1,),
    lines=(3,),
    rejected="empty_line empty_line empty_line",
    rejected_bytes=3,
    offsets=(23, 39, 40),
)
add(
    "empty lines of Windows",
    HEADER + b"\r\n" + P1 + b"\r\n",
    rows=(R1,),
    rejected="empty_line empty_line",
    rejected_bytes=4,
)
add("a line of blanks", HEADER + b"   \n" + P1, rows=(R1,), rejected="ragged", rejected_bytes=4)
add("commas alone", HEADER + b",,\n", rows=(("", "", ""),))
add(
    "an empty line in a file of one column",
    b"plan_id\np1\n\np2\n",
    rows=(("p1", None, None), ("p2", None, None)),
    rejected="empty_line",
    rejected_bytes=1,
)
add(
    "an empty quoted field in a file of one column",
    b'plan_id\np1\n""\n',
    rows=(("p1", None, None), ("", None, None)),
)
add("blanks around fields", HEADER + b" p1 , Plan 1,gold \n", rows=((" p1 ", " Plan 1", "gold "),))
add(
    "a tab and other white space",
    HEADER + "p1,\t\v\f,\u00a0\u2003\n".encode(),
    rows=(("p1", "\t\v\f", "\u00a0\u2003"),),
)
add(
    "unicode line separators are no line ends",
    HEADER + "p1,a\u2028b\u0085c,\u2029\n".encode(),
    rows=(("p1", "a\u2028b\u0085c", "\u2029"),),
)
add("control Z at the end", HEADER + P1 + b"\x1a", rows=(R1,), rejected="ragged", rejected_bytes=1)
add("null words are text", HEADER + b"NULL,NaN,N/A\n", rows=(("NULL", "NaN", "N/A"),))
add(
    "comment lines are lines",
    HEADER + b"# exported\n" + P1,
    rows=(R1,),
    rejected="ragged",
    rejected_bytes=11,
)

# --- quotes -----------------------------------------------------------------------------------
add("quoted fields", HEADER + b'"p1","a ""b"", c",""\n', rows=(("p1", 'a "b", c', ""),))
add(
    "an embedded line end",
    HEADER + b'p1,"a\nb",x\n' + P2,
    rows=(("p1", "a\nb", "x"), R2),
    lines=(2, 4),
)
add(
    "embedded line ends of all kinds",
    HEADER + b'p1,"a\r\nb\nc\rd",x\n' + P2,
    rows=(("p1", "a\r\nb\nc\rd", "x"), R2),
    lines=(2, 5),
)
add("a quote in the midst of a field", HEADER + b'p1,5" pipe,x\n', rows=(("p1", '5" pipe', "x"),))
add(
    "text after a closing quote",
    HEADER + b'p1,"a"b,x\n' + P2,
    rows=(R2,),
    rejected="malformed_quotes",
    rejected_bytes=10,
)
add(
    "blank after a closing quote",
    HEADER + b'p1,"a" ,x\n' + P2,
    rows=(R2,),
    rejected="malformed_quotes",
    rejected_bytes=10,
)
add(
    "a quote that never closes",
    HEADER + b'p1,"a,x\n' + P2 + P3,
    rows=(R2, R3),
    lines=(3, 4),
    rejected="malformed_quotes",
    rejected_bytes=8,
    offsets=(23,),
)
add(
    "a quote that closes in another row",
    HEADER + b'p1,"a,x\n' + b'p2,"b",x\n' + P3,
    rows=(("p2", "b", "x"), R3),
    rejected="malformed_quotes",
    rejected_bytes=8,
)
add(
    "quotes escaped by backslash",
    HEADER + b'p1,"a \\"b\\" c",x\n' + P2,
    rows=(R2,),
    rejected="malformed_quotes",
    rejected_bytes=17,
)
add("single quotes are text", HEADER + b"p1,'a,x'\n", rows=(("p1", "'a", "x'"),))
add(
    "an unclosed quote before 200,000 lines",
    lambda: HEADER + b'p0,"x,y\n' + P1 * 200_000,
    count=200_000,
    rejected={"malformed_quotes": 1},
    rejected_bytes=8,
)
add(
    "quotes that open on every line",
    lambda: HEADER + P1 * 200_000 + b'x","\n' * 20_000,
    count=200_000,
    rejected={"malformed_quotes": 20_000},
    rejected_bytes=100_000,
)

# --- line ends --------------------------------------------------------------------------------
add("line ends of Windows", (HEADER + P1 + P2).replace(b"\n", b"\r\n"), rows=(R1, R2))
add("line ends of old Macs", (HEADER + P1 + P2).replace(b"\n", b"\r"), rows=(R1, R2), lines=(2, 3))
add(
    "a ragged line of an old Mac",
    (HEADER + P1 + b"p9\n" + P2).replace(b"\n", b"\r"),
    rows=(R1, R2),
    lines=(2, 4),
    rejected="ragged",
    rejected_bytes=3,
)
add(
    "line ends mixed",
    HEADER + P1[:-1] + b"\r\n" + P2[:-1] + b"\r" + P3,
    rows=(R1, R2, R3),
    lines=(2, 3, 4),
)
add(
    "a lone carriage return in a field",
    HEADER + b"p1,a\rb,x\n" + P2,
    rows=(R2,),
    rejected="stray_carriage_return",
    rejected_bytes=9,
)
add(
    "a lone carriage return that hides half a row",
    HEADER + b"p0\rp1,a,x\n" + P2,
    rows=(R2,),
    rejected="stray_carriage_return",
    rejected_bytes=10,
)
add(
    "a carriage return doubled",
    HEADER + P1[:-1] + b"\r\r\n" + P2,
    rows=(R2,),
    rejected="stray_carriage_return",
    rejected_bytes=17,
)

# --- bytes that are no text -------------------------------------------------------------------
add(
    "invalid UTF-8",
    HEADER + b"p1,caf\xe9,x\n" + P2,
    rows=(R2,),
    rejected="undecodable",
    rejected_bytes=10,
    offsets=(23,),
)
add(
    "UTF-8 cut off",
    HEADER + P1 + b"p2,\xe0\xb8",
    rows=(R1,),
    rejected="undecodable",
    rejected_bytes=5,
)
add(
    "UTF-8 of more bytes than allowed",
    HEADER + b"p1,\xc0\x80,x\n" + P2,
    rows=(R2,),
    rejected="undecodable",
    rejected_bytes=8,
)
add(
    "half a surrogate pair in UTF-8",
    HEADER + b"p1,\xed\xa0\x80,x\n" + P2,
    rows=(R2,),
    rejected="undecodable",
    rejected_bytes=9,
)
add(
    "NUL bytes",
    HEADER + b"p1,a\0b,x\n\0\0\0\n" + P2,
    rows=(R2,),
    rejected="nul_byte nul_byte",
    rejected_bytes=13,
)
add(
    "a block of zeros at the end",
    lambda: HEADER + P1 + bytes(4096),
    rows=(R1,),
    rejected="nul_byte",
    rejected_bytes=4096,
)
add(
    "Thai, emoji and joined letters",
    HEADER + "ก1,สมชาย 😀,e\u0301\n".encode(),
    rows=(("ก1", "สมชาย 😀", "e\u0301"),),
)
add("a header that is not UTF-8", b"plan_id,pr\xe9cis\np1,x\n", error="line 1: the header is not")
add("a header with NUL bytes", b"plan_id,a\0\np1,x\n", error="line 1: the header holds NUL")

# --- byte order marks and UTF-16 --------------------------------------------------------------
add(
    "BOM",
    BOM + HEADER + P1,
    rows=(R1,),
)
add("BOM and nothing else", BOM, error="line 1: there is no header")
add(
    "a BOM at a refused line's offset",
    BOM + HEADER + b"x\n" + P1,
    rows=(R1,),
    rejected="ragged",
    rejected_bytes=2,
    offsets=(26,),
)
add(
    "a file put together of two with headers",
    BOM + HEADER + P1 + BOM + HEADER + P2,
    rows=(R1, R2),
    rejected="repeated_header",
    rejected_bytes=26,
)
TEXT16 = "plan_id,plan_name,tier\np1,ก😀,x\np2\n"
ROWS16 = (("p1", "ก😀", "x"),)
add(
    "UTF-16 of Windows",
    b"\xff\xfe" + TEXT16.encode("utf-16-le"),
    rows=ROWS16,
    rejected="ragged",
    rejected_bytes=6,
    offsets=(2 + 46 + 18,),
)
add(
    "UTF-16, big end first",
    b"\xfe\xff" + TEXT16.encode("utf-16-be"),
    rows=ROWS16,
    rejected="ragged",
    rejected_bytes=6,
)
add(
    "UTF-16 with an odd byte at the end",
    b"\xff\xfe" + TEXT16[:-3].encode("utf-16-le") + b"A",
    rows=ROWS16,
    rejected="undecodable",
    rejected_bytes=1,
)
add(
    "UTF-16 with half a surrogate pair",
    b"\xff\xfe"
    + HEADER.decode().encode("utf-16-le")
    + b"\x00\xd8a\0\n\0"
    + P1.decode().encode("utf-16-le"),
    rows=(R1,),
    rejected="undecodable",
    rejected_bytes=6,
)
add(
    "UTF-16 with NUL",
    b"\xff\xfe" + (HEADER + b"\0,a,b\n" + P1).decode().encode("utf-16-le"),
    rows=(R1,),
    rejected="nul_byte",
    rejected_bytes=12,
)
add(
    "UTF-16 without byte order mark",
    HEADER.decode().encode("utf-16-le"),
    error="save the file as UTF-8",
)
add("UTF-32", "plan_id\np1\n".encode("utf-32"), error="UTF-32; save the file as UTF-8")

# --- headers ----------------------------------------------------------------------------------
add("columns in another order", b"tier,plan_id,plan_name\ngold,p1,Plan 1\n", rows=(R1,))
add(
    "names in capitals and with blanks", b" Plan_ID , TIER\np1,gold\n", rows=(("p1", None, "gold"),)
)
add("quoted names", b'"plan_id","plan_name"\np1,x\n', rows=(("p1", "x", None),))
add("a column unknown", b"plan_id,colour\np1,red\n", rows=(("p1", None, None),))
add("columns without a name", b"plan_id,,\np1,,\n", rows=(("p1", None, None),))
add("an unknown column twice", b"plan_id,x,x\np1,1,2\n", rows=(("p1", None, None),))
add("a column twice", b"plan_id,tier,Tier\np1,1,2\n", error="column 'tier' stands twice")
add("no header", P1 + P2, error="is the header missing?")
add("no header but an empty line", b"\n" + HEADER + P1, error="line 1: there is no header")
add("semicolons", b"plan_id;tier\np1;gold\n", error="separate the fields with commas")
add("a header within an unclosed quote", b'plan_id,"tier\np1,gold\n', error="quotes are broken")
add("a header of two lines", b'plan_id,"a\nb"\np1,x\n', rows=(("p1", None, None),), lines=(3,))
add("0 bytes", b"", error="line 1: there is no header: the file is empty")
add("a line end alone", b"\n", error="line 1: there is no header")

# --- size -------------------------------------------------------------------------------------
add("a field of 10 MB", lambda: HEADER + b"p1," + b"x" * 10_000_000 + b",gold\n" + P2, count=2)
add(
    "a quoted field of 10 MB",
    lambda: HEADER + b'p1,"' + b"x,\n" * 3_500_000 + b'",gold\n' + P2,
    count=2,
    lines=(2, 3_500_003),
)
add(
    "a line of 40 MB",
    lambda: HEADER + P1 + b"x" * 40_000_000 + b"\n" + P2,
    rows=(R1, R2),
    lines=(2, 4),
    rejected="line_too_long",
    rejected_bytes=40_000_001,
    offsets=(38,),
)
add(
    "100,000 fields in a line",
    lambda: HEADER + b"," * 100_000 + b"\n" + P2,
    rows=(R2,),
    rejected="ragged",
    rejected_bytes=100_001,
)

# --- too much of it ---------------------------------------------------------------------------
add(
    "more than the share rejected",
    HEADER + P1 * 53 + b"x\n" * 6,
    error="6 of 59 lines are no rows (ragged: 6), the first one is line 55",
)
add(
    "as many as the share allows",
    HEADER + P1 * 54 + b"x\n" * 6,
    count=54,
    rejected={"ragged": 6},
    rejected_bytes=12,
)
add("no line that is a row", HEADER + b"\xff\n" * 100, error="100 of 100 lines are no rows")
add(
    "five of five refused are tolerated",
    HEADER + b"x\n" * 5,
    rejected={"ragged": 5},
    rejected_bytes=10,
)
add("10 MB of line ends", lambda: HEADER + b"\n" * 10_000_000, error="so far are no rows")

# --- gzip -------------------------------------------------------------------------------------
GZ = "billing_plans.csv.gz"
add(
    "gzip",
    gzip.compress(HEADER + P1 + b"x\n"),
    rows=(R1,),
    rejected="ragged",
    rejected_bytes=2,
    offsets=(38,),
    file=GZ,
)
add(
    "gzip of several members",
    gzip.compress(HEADER + P1[:4]) + gzip.compress(P1[4:] + P2),
    rows=(R1, R2),
    file=GZ,
)
add(
    "gzip with an empty member",
    gzip.compress(HEADER + P1) + gzip.compress(b""),
    rows=(R1,),
    file=GZ,
)
add(
    "gzip of UTF-16",
    gzip.compress(b"\xff\xfe" + (HEADER + P1).decode().encode("utf-16-le")),
    rows=(R1,),
    file=GZ,
)
add("gzip cut off", gzip.compress(HEADER + P1 * 1000)[:-20], error="deliver it again", file=GZ)
add("gzip cut off in its check", gzip.compress(HEADER + P1)[:-3], error="cut off", file=GZ)
add(
    "gzip of which a byte changed",
    lambda: gzip.compress(HEADER + P1)[:-8] + bytes(8),
    error="gzip is damaged",
    file=GZ,
)
add(
    "gzip with other bytes behind",
    gzip.compress(HEADER + P1) + b"more",
    error="gzip is damaged",
    file=GZ,
)
add("gzip with zeros behind", gzip.compress(HEADER + P1) + bytes(512), rows=(R1,), file=GZ)
add("gzip of nothing", gzip.compress(b""), error="the file is empty", file=GZ)
add("0 bytes named gzip", b"", error="the file is empty", file=GZ)
add("text named gzip", HEADER + P1, error="gzip is damaged", file=GZ)
add("gzip named csv", gzip.compress(HEADER + P1), error="name the file .csv.gz")
add(
    "40 MB of zeros in gzip",
    lambda: gzip.compress(HEADER + P1 + bytes(40_000_000)),
    rows=(R1,),
    rejected="line_too_long",
    rejected_bytes=40_000_000,
    file=GZ,
)


# --- Parquet ----------------------------------------------------------------------------------
PARQUET = "billing_plans.parquet"


def parquet(rows: list[tuple[str | None, ...]] = (R1, R2), **options: object) -> bytes:
    """The rows as a Parquet file."""
    columns = dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True))
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


add("Parquet", parquet, rows=(R1, R2), lines=(1, 2), file=PARQUET)
add(
    "Parquet with null and empty text",
    lambda: parquet([("p1", None, "")]),
    rows=(("p1", "", ""),),
    file=PARQUET,
)
add("Parquet without rows", lambda: _no_rows(), file=PARQUET)
add(
    "Parquet cut off", lambda: parquet()[:-10], error="deliver the Parquet file again", file=PARQUET
)
add("Parquet cut off in front", lambda: parquet()[10:], error="billing_plans.parquet", file=PARQUET)
add(
    "Parquet with wrong magic",
    lambda: parquet()[:-4] + b"PARX",
    error="cannot be read",
    file=PARQUET,
)
add("Parquet of 0 bytes", b"", error="cannot be read", file=PARQUET)
add("CSV named Parquet", HEADER + P1, error="cannot be read", file=PARQUET)
add("Parquet named CSV", parquet, error="name the file .parquet")
add(
    "Parquet with a NUL byte",
    lambda: parquet([R1, ("p2", "a\0b", "")]),
    error="row 2: column plan_name holds a NUL byte",
    file=PARQUET,
)


def _no_rows() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.schema([(name, pa.string()) for name in NAMES]).empty_table(), buffer)
    return buffer.getvalue()
