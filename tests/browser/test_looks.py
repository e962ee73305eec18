"""Every page on a phone, a tablet and a desk, in each language, light and dark: nothing is cut or
stands out, and axe-core finds no serious barrier. Pictures stay in screenshots/ to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser

from dashboard.words import FOLDER as WORDS
from tests.browser.dashboards import CARDS, FOLDER, PAGES, Server, Tab, tab

SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}
PICTURES = FOLDER / "screenshots"
# Barriers that are Streamlit's own and that nothing of ours reaches: rule, part of the element's
# HTML, why it stays.
KNOWN: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Look:
    """How a reader sees the dashboard. `is_checked`: axe-core looks too."""

    size: str
    language: str = "en"
    theme: str = "light"
    is_checked: bool = False

    def __str__(self) -> str:
        """As a part of a file's name."""
        return f"{self.size}-{self.language}-{self.theme}"


LOOKS = [
    Look("desktop", is_checked=True),
    Look("desktop", theme="dark", is_checked=True),
    Look("phone", is_checked=True),
    Look("phone", theme="dark", is_checked=True),
    Look("tablet"),
    Look("desktop", "th"),
    Look("desktop", "vi"),
    Look("phone", "th"),
]


@pytest.fixture(scope="module", params=LOOKS, ids=str)
def seen(
    request: pytest.FixtureRequest, browser: Browser, server: Server
) -> Iterator[tuple[Look, Tab]]:
    """A reader who goes from page to page."""
    look: Look = request.param
    if not (WORDS / f"{look.language}.yml").is_file():
        pytest.skip(f"there are no words in {look.language} yet")
    width, height = SIZES[look.size]
    settings: dict[str, Any] = {
        "viewport": {"width": width, "height": height},
        "color_scheme": look.theme,
        "has_touch": look.size != "desktop",
    }
    with tab(browser, server.url, look.language, **settings) as one:
        yield look, one.open("overview")


@pytest.mark.parametrize("name", PAGES)
def test_look(seen: tuple[Look, Tab], axe: str, name: str) -> None:
    """The page is drawn whole, within the window, and without a barrier."""
    look, one = seen
    width, height = SIZES[look.size]
    one.troubles.clear()
    one.page.set_viewport_size({"width": width, "height": height})
    one.turn_to(name)
    one.page.mouse.move(0, 0)
    one.show_all()
    PICTURES.mkdir(exist_ok=True)
    one.page.screenshot(path=PICTURES / f"{name}-{look}.png")
    assert one.troubles == []
    assert one.failures() == []
    assert sorted(one.panels()) == sorted(PAGES[name])
    app = one.page.get_by_test_id("stApp")
    assert app.evaluate("one => getComputedStyle(one).colorScheme") == look.theme
    assert one.page.evaluate(WIDER) == []
    assert one.page.evaluate(CUT) == []
    if CARDS in PAGES[name].values():
        assert one.page.get_by_test_id("stMetricValue").count() >= 5
    if look.is_checked:
        assert barriers(one, axe) == []


def barriers(one: Tab, axe: str) -> list[str]:
    """What axe-core finds serious or critical on the page that is open."""
    if not one.page.evaluate("() => 'axe' in window"):
        one.page.evaluate(axe)
    found = one.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 10
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['html'][:300]}"
        f" {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not any(violation["id"] == rule and part in node["html"] for rule, part, _ in KNOWN)
    ]


# Whatever stands out of the window to the right, or would be moved sideways with the page. What
# moves within its own frame, as a wide table does, is left out.
WIDER = """() => {
  const found = [];
  const main = document.querySelector('[data-testid=stMain]');
  for (const one of [document.scrollingElement, main])
    if (one.scrollWidth > one.clientWidth)
      found.push(`${one.tagName} is ${one.scrollWidth} wide in ${one.clientWidth}`);
  const moves = one => {
    for (let up = one.parentElement; up && up !== main; up = up.parentElement)
      if (['auto', 'scroll'].includes(getComputedStyle(up).overflowX)) return true;
    return false;
  };
  const frames = '[class*=st-key-panel_]';
  for (const one of main.querySelectorAll(
    'h1, h3, p, button, input, svg.marks, .main-svg, canvas, [data-testid=stMetric]')) {
    const box = one.getBoundingClientRect();
    if (!box.width || moves(one)) continue;
    const frame = (one.closest(frames) || main).getBoundingClientRect();
    if (box.right > Math.min(frame.right, innerWidth) + 1 || box.left < frame.left - 1)
      found.push(`${one.tagName} ${one.className.baseVal ?? one.className}`
        + ` ${one.textContent.slice(0, 40)}: ${box.left} to ${box.right}`
        + ` in ${frame.left} to ${frame.right}`);
  }
  return found;
}"""
# Texts that their place is too small for: of cards, filters, switches and titles; and words of
# charts that stand out of the drawing, or upon one another along an axis.
CUT = """() => {
  const found = [];
  const texts = '[data-testid=stMetric] *, [data-testid=stSelectbox] input, h1, h3, h1 *, h3 *,'
    + ' [data-testid=stButtonGroup] *, [data-testid=stDownloadButton] *, label, label *,'
    + ' [data-testid=stSidebarNavLink] *';
  for (const one of document.querySelectorAll(texts)) {
    // The navigation that is folded away stands left of the window.
    if (one.getBoundingClientRect().right <= 0 || one.closest('svg')
        || one.closest('[data-testid=stVegaLiteChart]')) continue;
    const look = getComputedStyle(one);
    if (look.overflowX === 'visible' || !one.clientWidth) continue;
    if (one.scrollWidth > one.clientWidth + 1)
      found.push(`${one.tagName} ${one.value || one.textContent}: ${one.scrollWidth} in`
        + ` ${one.clientWidth}`);
  }
  for (const drawing of document.querySelectorAll('[data-testid=stVegaLiteChart] svg.marks')) {
    const key = drawing.closest('[class*=st-key-panel_]').className.match(/panel_\\w+/)[0];
    const frame = drawing.getBoundingClientRect();
    for (const text of drawing.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (!box.width || getComputedStyle(text).opacity === '0') continue;
      // A line of Thai is higher than what is written in it; of a title that stands, wider.
      const more = /rotate/.test(text.getAttribute('transform')) ? 6 : 2;
      if (box.left < frame.left - more || box.right > frame.right + more
          || box.top < frame.top - 3 || box.bottom > frame.bottom + 3)
        found.push(`${key}: ${text.textContent} stands out of the drawing`);
    }
    for (const axis of drawing.querySelectorAll('.role-axis-label')) {
      const labels = [...axis.querySelectorAll('text')].filter(one =>
        !/rotate/.test(one.getAttribute('transform')) && getComputedStyle(one).opacity !== '0'
        && one.textContent.trim());
      const boxes = labels.map(one => one.getBoundingClientRect());
      for (let i = 1; i < boxes.length; i++) {
        const [a, b] = [boxes[i - 1], boxes[i]];
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 4)
          found.push(`${key}: ${labels[i - 1].textContent} upon ${labels[i].textContent}`);
      }
    }
  }
  return found;
}"""
