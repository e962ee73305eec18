"""The dashboard's words: whole in every language, and none that nothing says."""

from __future__ import annotations

import ast
import csv
import functools
import re
from collections import defaultdict
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

from dashboard.words import FOLDER, LANGUAGES, Words, missing, texts
from orchestration.publication import changes

PROJECT = Path(__file__).parents[2]
OTHERS = [language for language in LANGUAGES if language != "en"]

# Texts that are the same in every language: names, signs and abbreviations.
INTERNATIONAL = {
    "app.title",
    "column.cac",
    "column.csat_rate",
    "column.ltv",
    "column.nps",
    "message.cohort",
    "message.csv",
    "message.none",
    "value.line",
}

# Columns that pages read, and never show by name.
NOT_LABELLED = {
    *("attribution", "audience", "audience_group", "clv_measure", "cohort_month", "cohorts"),
    *("bucket_number", "change_on_last_year", "change_on_previous", "change_rate_on_last_year"),
    *("change_rate_on_previous", "comparison", "feedback_source", "goal_value", "is_complete"),
    *("is_higher_better", "is_stated", "metric_name", "metric_value", "mrr", "note", "noted_on"),
    *("outcome", "points", "programme_id", "rfm_segment", "rule_explained", "rule_fired"),
    *("starts_on", "state", "tier", "unit", "verdict", "window_name"),
}
# Columns that pages show and that are no literal of theirs, or of no mart.
OTHERWISE_LABELLED = {
    *("median", "p90", "median_first_reply_hours", "p90_first_reply_hours"),
    *("median_resolution_hours", "p90_resolution_hours"),
    *("aov_uplift_lower_95", "aov_uplift_upper_95"),
    *("churn_difference_lower_95", "churn_difference_upper_95"),
    *("orders_difference_lower_95", "orders_difference_upper_95"),
    # made by the pages
    *("days", "figure", "pair"),
    # tables of the publication
    *("column_name", "error_hours", "mart", "newest_loaded_at", "rows_changed", "warn_hours"),
}
# Columns that never stand beside each other.
SAME_LABEL = [{"current_rate", "survival_rate"}, {"days", "horizon_days"}]

# Codes that no seed lists and no test of a mart, by the column that pages tell them with.
CODES: dict[str, set[str]] = {
    "": {
        *("all", "none", "unknown", "other", "True", "False"),
        *("week", "month", "quarter", "year"),
        # what the page of retention asks
        *("active", "on_or_after", "current", "revenue", "start", "previous", "figure"),
        # attributes of customers: those of the contract and of the models, and usual channels
        *("consumer", "business", "female", "male", "under 18", "member"),
        *("store", "app", "line", "web"),
        *("discount", "no comment"),
    },
    "action": {"all", "none"},
    "is_stated": {"True", "False"},
    "cause": {
        *(changes.LATE, changes.CORRECTION, changes.MERGE, changes.ERASURE, changes.CODE),
        *(changes.LATER, changes.EARLIER, changes.UNEXPLAINED),
    },
}
# Columns of marts whose tests list the codes that pages tell.
TOLD = {
    *("attribution", "audience_group", "basis", "channel", "clv_measure", "comparison"),
    *("feedback_source", "forecast_status", "model_name", "outcome", "recommended_action"),
}
# Seeds, their columns of codes, and the column that pages tell them with.
SEEDS = [
    ("churn_causes", "cause", "cause"),
    ("churn_reasons", "cause", "cause"),
    ("feedback_themes", "theme", "theme"),
    ("growth_rules", "rule", ""),
    ("growth_rules", "verdict", "verdict"),
    ("marketing_channels", "channel", "channel"),
    ("playbook", "recommended_action", "action"),
    ("quarantine_reasons", "refused", "refused"),
    ("resolution_buckets", "resolution_bucket", "resolution_bucket"),
    ("rfm_segments", "rfm_segment", "rfm_segment"),
    ("risk_bands", "risk_band", "risk_band"),
]


def syntax(*patterns: str) -> list[ast.AST]:
    """Every node of some of the dashboard's code."""
    files = [file for pattern in patterns for file in (PROJECT / "dashboard").glob(pattern)]
    return [node for file in files for node in ast.walk(ast.parse(file.read_text()))]


def literals(nodes: list[ast.AST]) -> set[str]:
    """Texts of the code."""
    constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return {value for value in constants if isinstance(value, str)}


NODES = syntax("**/*.py")
LITERALS = literals(NODES)


def made_of_parts() -> list[str]:
    """Patterns of the texts that f-strings make."""
    return [
        "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+"
            for part in node.values
        )
        for node in NODES
        if isinstance(node, ast.JoinedStr)
    ]


def called(call: ast.Call) -> str:
    """Name of the function or method that is called."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def asked(*functions: str) -> set[str]:
    """First names that functions are called with: `nps` of `panel("nps")`."""
    names = set()
    for node in NODES:
        if isinstance(node, ast.Call):
            given = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if called(node) in functions and given and isinstance(given[0], str):
                names.add(given[0])
    return names


def names(section: str) -> set[str]:
    """Names of the English words of a section."""
    return {key.split(".", 1)[1] for key in texts("en") if key.startswith(f"{section}.")}


@functools.cache
def columns_of_marts() -> dict[str, list[dict[str, Any]]]:
    """Descriptions of each column name, of every mart that has it."""
    found = defaultdict(list)
    for file in sorted((PROJECT / "models" / "marts").rglob("*.yml")):
        for model in yaml.safe_load(file.read_text()).get("models", []):
            for column in model.get("columns", []):
                found[column["name"]].append(column)
    return found


def codes() -> set[tuple[str, str]]:
    """(column, code) of all that pages tell and that is not the company's own."""
    found = {(column, code) for column, some in CODES.items() for code in some}
    for seed, column, told_with in SEEDS:
        with (PROJECT / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
            found |= {(told_with, row[column]) for row in csv.DictReader(file)}
    for column in TOLD:
        for described in columns_of_marts()[column]:
            for test in described.get("data_tests", []):
                if isinstance(test, dict) and "accepted_values" in test:
                    listed = test["accepted_values"]["arguments"]["values"]
                    found |= {(column, code) for code in listed}
    return found


def word_of(column: str, code: str) -> str | None:
    """Key of the word of a code."""
    keys = [f"value.{column}.{code}", f"value.{code}"]
    return next((key for key in keys if key in texts("en")), None)


@pytest.mark.parametrize("language", OTHERS)
def test_languages_have_the_same_keys(language: str) -> None:
    assert list(texts(language)) == list(texts("en"))


@pytest.mark.parametrize("language", OTHERS)
def test_languages_have_the_same_placeholders(language: str) -> None:
    def places(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)

    english = texts("en")
    differing = {
        key for key, text in texts(language).items() if places(text) != places(english[key])
    }
    assert differing == set()


@pytest.mark.parametrize("language", OTHERS)
def test_texts_are_translated(language: str) -> None:
    english = texts("en")
    same = {key for key, text in texts(language).items() if text == english[key]}
    assert same == INTERNATIONAL


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_say_something_and_stand_once(language: str) -> None:
    written = (FOLDER / f"{language}.yml").read_text(encoding="utf-8")
    assert [line for line in written.splitlines() if len(line) > 120] == []
    assert {key for key, text in texts(language).items() if text != text.strip() or not text} == (
        set()
    )
    # YAML keeps the last of two lines with one key and says nothing.
    lines = re.findall(r'^  (?:"(.+?)"|(\S.*?)):(?: |$)', written, re.MULTILINE)
    assert len(lines) == len(texts(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_can_be_told_apart(language: str) -> None:
    by_label = defaultdict(set)
    for name in names("column"):
        if not name.endswith(("lower_95", "upper_95")):
            by_label[Words(language).column(name)].add(name)
    assert [same for same in by_label.values() if len(same) > 1 and same not in SAME_LABEL] == []


def test_keys_that_the_code_names_have_words() -> None:
    calls = [node for node in NODES if isinstance(node, ast.Call)]
    given = [node for one in calls if called(one) == "words" for node in ast.walk(one.args[0])]
    named = {one for one in literals(given) if "." in one.strip(".")}
    assert len(named) > 20
    named |= {f"panel.{name}" for name in asked("panel")}
    named |= {f"filter.{name}" for name in asked("choose", "_programme")}
    assert named - set(texts("en")) == set()


def test_every_page_has_its_words() -> None:
    pages = {file.stem for file in (PROJECT / "dashboard" / "questions").glob("[!_]*.py")}
    assert names("page") == names("question") == pages


def test_no_words_that_nothing_says() -> None:
    empty = {
        node.value.value
        for node in NODES
        if isinstance(node, ast.keyword)
        and node.arg == "empty"
        and isinstance(node.value, ast.Constant)
    }
    made = [one for one in made_of_parts() if re.fullmatch(r"\\w\+\w+", one)]
    said = {
        *LITERALS,
        *(f"message.{name}" for name in {"empty", *empty}),
        *(f"panel.{name}" for name in asked("panel")),
        *(f"panel.{name}" for name in names("panel") if any(re.fullmatch(m, name) for m in made)),
        # names of filters, and of what heads a report, also stand in lists
        *(f"{section}.{name}" for section in ("filter", "report") for name in LITERALS),
    }
    sections = ("page.", "question.", "value.", "column.", "segment.")
    assert {key for key in set(texts("en")) - said if not key.startswith(sections)} == set()


def test_columns_that_pages_show_have_words_and_no_others() -> None:
    written = literals(syntax("questions/*.py", "charts.py", "view.py"))
    read = written & set(columns_of_marts())
    assert read >= NOT_LABELLED
    assert names("column") == read - NOT_LABELLED | OTHERWISE_LABELLED


def test_segments_have_words_and_no_others() -> None:
    macros = (PROJECT / "macros" / "segments.sql").read_text()
    listed = re.findall(r"return\((?:record_attributes\(\) \+ )?(\[.*?\])", macros)
    attributes = {name for one in listed for name in ast.literal_eval(one)}
    assert len(attributes) == 12
    assert names("segment") == {"all", *attributes}


def test_codes_have_words_and_no_others() -> None:
    told = {pair: word_of(*pair) for pair in codes()}
    assert {pair for pair, key in told.items() if key is None} == set()
    assert {f"value.{name}" for name in names("value")} - set(told.values()) == set()


def test_what_has_no_word_is_shown_by_its_name_and_remembered() -> None:
    # other tests of this process may have left some
    missing.clear()
    words = Words("vi")
    assert words.column("no_such_column") == "No such column"
    assert words.segment("no_such") == "No such"
    assert {"column.no_such_column", "segment.no_such"} <= missing
    missing.difference_update({"column.no_such_column", "segment.no_such"})
    assert words.column("nps") == "NPS"
    assert not missing


def test_values_of_the_company_stay_and_codes_have_words() -> None:
    words = Words("en")
    assert words.value("TH") == "TH"
    assert words.value("Hà Nội, Việt Nam") == "Hà Nội, Việt Nam"
    assert words.value(7) == "7"
    assert words.value("none") == "None"
    assert words.value("none", "action") == "No action"
    assert words.value("late rows, correction", "cause") == "Late rows, Correction"
