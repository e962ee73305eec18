"""Writing the report of what is served, for readers without the dashboard.

It holds no row about a single customer, so all users of the machine may read it. Where reports
lie, and how long, stands in `generations`.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import HoldfastError
from orchestration.publication.generations import REPORTS, current, settle_reports
from orchestration.settings import Settings

NO_BROWSER = "no PDF: there is no Chromium on PATH; install chromium or google-chrome for one"


@dataclass(frozen=True)
class Written:
    """A report that was written; `pdf` is None where there is no browser to print it."""

    generation: str
    period: str
    html: Path
    pdf: Path | None

    def lines(self) -> list[str]:
        """Lines for a person."""
        return [f"report of {self.period}: {self.html}", str(self.pdf) if self.pdf else NO_BROWSER]


def can_report() -> bool:
    """Whether the packages of the dashboard are installed."""
    return all(importlib.util.find_spec(name) for name in ("altair", "vl_convert", "streamlit"))


def write_report(
    settings: Settings,
    language: str = "en",
    period: str | None = None,
    out: Path | None = None,
) -> Written:
    """Writes the report of the served generation, HTML and PDF: to `out` and beside it, else to its
    place in the home. `period`: such as 2025-12; without one, the last month that is over.

    Raises HoldfastError where nothing is published, where there are no figures of the period, or
    where the browser fails.
    """
    if out is not None and out.suffix != ".html":
        raise HoldfastError(f"{out} does not end in .html; the PDF is written beside it")
    if not can_report():
        raise HoldfastError(
            "the report needs the packages of the dashboard: `pip install -r"
            " requirements/dashboard.txt`"
        )
    _be_quiet()
    # Imported here: what draws takes seconds to load, and is not installed everywhere.
    from dashboard.pdf import browser, print_page
    from dashboard.reading import Generation, Gone
    from dashboard.report import make_report
    from dashboard.report_page import page
    from orchestration.status import status_of

    served = current(settings)
    if served is None:
        raise HoldfastError("nothing is published yet: run `holdfast build`")
    try:
        found = status_of(settings, served, served.published_at)
        made = make_report(Generation(served.folder), language, period, found.faults, found.lines)
    except (Gone, FileNotFoundError) as error:
        raise HoldfastError("the figures were replaced meanwhile: run it again") from error
    if out is None:
        tongue = "" if language == "en" else f".{language}"
        folder = settings.home / REPORTS / served.name
        _open_to_all(folder)
        place = folder / f"report-{made.period.replace(' ', '-')}{tongue}.html"
    else:
        place = out.expanduser().absolute()
    _write(place, page(made).encode())
    paper, program = place.with_suffix(".pdf"), browser()
    # One of other figures must not stay beside it.
    paper.unlink(missing_ok=True)
    if program:
        _write(paper, print_page(program, place, served.published_at))
    if out is None:
        settle_reports(settings)
    return Written(served.name, made.period, place, paper if program else None)


def _open_to_all(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for one in (folder, folder.parent):
        one.chmod(0o755)


def _write(path: Path, content: bytes) -> None:
    """Writes a file whole, or not at all."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:
        raise HoldfastError(f"{path} cannot be written: {error.strerror}") from error
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        new.chmod(0o644)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _be_quiet() -> None:
    """Streamlit warns whoever imports what it caches without running a server."""
    importlib.import_module("streamlit.runtime.caching.cache_data_api")
    logging.getLogger("streamlit.runtime.caching.cache_data_api").setLevel(logging.ERROR)
