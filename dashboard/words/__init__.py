"""What the dashboard says, in each language: `<language>.yml`, all with the same keys."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
LANGUAGES = {"en": "English", "th": "ไทย", "vi": "Tiếng Việt"}
# For tests: keys of columns and segments that were shown by their raw names.
missing: set[str] = set()


class Words:
    """Texts of one language."""

    def __init__(self, language: str) -> None:
        """`language`: one of LANGUAGES."""
        self.language = language
        self.texts = texts(language)

    def __call__(self, key: str, **values: Any) -> str:
        """Text of a key, such as `page.retention`, with its values filled in. Raises KeyError."""
        text = self.texts[key]
        return text.format(**values) if values else text

    def column(self, name: str) -> str:
        """Name of a column as a label."""
        return self._name("column", name)

    def segment(self, name: str) -> str:
        """Name of a segment as a label."""
        return self._name("segment", name)

    def value(self, value: Any, of: str = "") -> str:
        """A value as a label: codes of the marts have words, all else stays. `of`: the column,
        where the same code means something else. Several codes at once are parted by commas."""
        text = str(value)
        told = [self._code(part, of) for part in text.split(", ")]
        return ", ".join(told) if all(told) else text.replace("_", " ")

    def _name(self, section: str, name: str) -> str:
        key = f"{section}.{name}"
        if key in self.texts:
            return self.texts[key]
        missing.add(key)
        return name.replace("_", " ").capitalize()

    def _code(self, code: str, of: str) -> str:
        return self.texts.get(f"value.{of}.{code}") or self.texts.get(f"value.{code}", "")


@functools.cache
def texts(language: str) -> dict[str, str]:
    """Texts by key; `section.name`."""
    loaded = yaml.safe_load((FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
    return {
        f"{section}.{name}": str(text)
        for section, texts in loaded.items()
        for name, text in texts.items()
    }
