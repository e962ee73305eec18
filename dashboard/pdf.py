"""A page on paper: a PDF, printed by a Chromium without a window."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path

from orchestration.errors import HoldfastError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_SECONDS = 180
OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)


def browser() -> str | None:
    """A Chromium that stands on PATH, or None."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def print_page(browser: str, page: Path, at: datetime) -> bytes:
    """The page as PDF; `at` is the instant that it says it was made, so that the same page gives
    the same bytes. Raises HoldfastError where the browser makes none."""
    with tempfile.TemporaryDirectory(prefix="holdfast-pdf-") as name:
        made = Path(name) / "page.pdf"
        options = [*OPTIONS, f"--user-data-dir={name}/profile", f"--print-to-pdf={made}"]
        if os.geteuid() == 0:
            # Chromium's own sandbox does not run as root; the page holds no script.
            options.append("--no-sandbox")
        try:
            subprocess.run(
                [browser, *options, page.absolute().as_uri()],
                check=True,
                timeout=PATIENCE_SECONDS,
                capture_output=True,
                env={**os.environ, "HOME": name},
            )
            text = made.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise HoldfastError(f"{browser} made no PDF of {page}: {error}") from error
    if not text.startswith(b"%PDF-"):
        raise HoldfastError(f"{browser} made no PDF of {page}")
    stamp = f"{at:%Y%m%d%H%M%S}".encode()
    return re.sub(rb"(/(?:Creation|Mod)Date \(D:)\d{14}", rb"\g<1>" + stamp, text)
