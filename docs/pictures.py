"""Makes the README's pictures: `make test-dashboard`, then `.venv/bin/python docs/pictures.py`.

They are the screenshots of the tests, cut below and packed.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

PROJECT = Path(__file__).resolve().parents[1]
SCREENSHOTS = PROJECT / "tests" / "browser" / "screenshots"
# Page, and how many pixels of it are shown.
PICTURES = {"overview": 860, "retention": 1010, "value": 1180}


def main() -> None:
    """Writes docs/assets/<page>.png."""
    folder = PROJECT / "docs" / "assets"
    folder.mkdir(exist_ok=True)
    for page, height in PICTURES.items():
        with Image.open(SCREENSHOTS / f"{page}-desktop-en-light.png") as seen:
            shown = seen.convert("RGB").crop((0, 0, seen.width, min(height, seen.height)))
        packed = shown.quantize(128, dither=Image.Dither.NONE)
        packed.save(folder / f"{page}.png", optimize=True)


if __name__ == "__main__":
    main()
