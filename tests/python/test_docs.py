"""What the pages say is true: their SQL gives the answers beside it, and their files exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.python.warehouses import Warehouse

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *PROJECT.glob("docs/**/*.md")]


def text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def statements() -> list[tuple[str, str]]:
    """(SQL, answer) of the questions: an answer is the comment lines that follow a statement."""
    block = re.search(
        r"```sql\n(.*?)```", (PROJECT / "docs" / "questions.md").read_text(), re.DOTALL
    )
    assert block
    found = re.findall(r"((?:(?!--).*\n)+?)((?:-- .*\n)+)", block.group(1))
    return [(sql.strip(), answer.replace("-- ", "").strip()) for sql, answer in found]


@pytest.mark.parametrize(("sql", "answer"), statements(), ids=lambda value: value[:40])
def test_sql_of_the_questions(built_sample: Warehouse, sql: str, answer: str) -> None:
    rows = built_sample.query(sql)
    assert "\n".join(", ".join(text(value) for value in row) for row in rows) == answer


def test_there_is_sql_in_the_questions() -> None:
    assert len(statements()) >= 10


def tutorial_statements() -> list[str]:
    return re.findall(
        r'^sql "\n(.*?)"$', (PROJECT / "docs" / "tutorial.md").read_text(), re.DOTALL | re.M
    )


@pytest.mark.parametrize("sql", tutorial_statements(), ids=lambda sql: sql.split("from ")[1][:30])
def test_sql_of_the_tutorial(built_sample: Warehouse, sql: str) -> None:
    """It is about other data: here only its tables and columns must exist."""
    built_sample.query(sql)


def test_there_is_sql_in_the_tutorial() -> None:
    assert len(tutorial_statements()) == 4


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_linked_files_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
