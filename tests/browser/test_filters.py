"""Filters change what the page says, stand in its address, and answer to the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.dashboards import Server, Tab, tab

# A visit of the churn page: what is chosen, and the panel whose marks must change.
STEPS = (
    ("basis", "Subscription", {"basis": "subscription"}, "churn"),
    ("grain", "Quarter", {"grain": "quarter"}, "churn"),
    ("period", "2025 Q2", {"period": "2025 Q2"}, "mrr"),
    ("segment", "Country", {"segment": "country", "value": None}, "churn"),
    ("value", "VN", {"value": "VN"}, "churn"),
)


def test_filters_one_after_another(reader: Tab, browser: Browser, server: Server) -> None:
    """Each filter shows in the address and in the figures; the address says the same elsewhere, and
    the way back leads through what was seen."""
    reader.open("churn")
    said: dict[str, str] = {}
    for name, text, changes, panel in STEPS:
        before = reader.marks(panel)
        reader.choose(name, text)
        said = {key: value for key, value in {**said, **changes}.items() if value}
        # Another panel keeps what it was cut by when the segment of the page changes.
        assert {k: v for k, v in reader.choices().items() if k != "by"} == said
        assert reader.choice(name).input_value() == text
        assert reader.marks(panel) != before, name
        assert reader.failures() == []
    before = reader.marks("churn")
    said = {**reader.choices(), "m_churn": "lost_customers"}
    reader.switch("churn", "lost_customers")
    assert reader.choices() == said
    assert reader.marks("churn") != before
    seen = {key: reader.marks(key) for key in reader.panels()}
    assert seen["churn"]
    with tab(browser, server.url) as other:
        other.page.goto(reader.page.url)
        other.drawn("churn")
        assert other.choices() == said
        assert {key: other.marks(key) for key in other.panels()} == seen
        for name, text, *_ in STEPS:
            assert other.choice(name).input_value() == text
        assert other.troubles == []
    assert reader.troubles == []


def test_a_page_says_its_period(reader: Tab) -> None:
    """The chosen period stands on the page, and on the next one."""
    reader.open("overview", period="2025-06")
    assert reader.choice("period").input_value() == "2025-06"
    figures = reader.panel("figures").inner_text()
    reader.go("retention")
    assert reader.choice("period").input_value() == "2025-06"
    reader.go("overview")
    assert reader.choice("period").input_value() == "2025-06"
    assert reader.panel("figures").inner_text() == figures
    assert reader.troubles == []


def test_heatmap(reader: Tab) -> None:
    """Who counts, and against what: each choice draws other cells."""
    reader.open("retention")
    seen = [reader.marks("cohorts")]
    for name, text, said in (
        ("kind", "Active then or later", {"kind": "on_or_after"}),
        ("kind", "Revenue", {"kind": "revenue"}),
        ("against", "Share of the month before", {"kind": "revenue", "against": "previous"}),
        ("against", "Number", {"kind": "revenue", "against": "figure"}),
    ):
        reader.choose(name, text)
        assert reader.choices() == said
        cells = reader.marks("cohorts")
        assert len(cells) > 50
        assert cells not in seen
        seen.append(cells)
    # The mean of all cohorts is one of shares.
    assert "average_cohort" not in reader.panels()
    assert reader.troubles == []


def test_back_and_forward(reader: Tab) -> None:
    """The browser's buttons lead from page to page, one press each, however much was chosen."""
    reader.open("overview")
    reader.go("churn")
    reader.choose("basis", "Subscription")
    reader.choose("grain", "Quarter")
    said = {"basis": "subscription", "grain": "quarter"}
    first = reader.marks("churn")
    for name in ("voice", "value"):
        reader.go(name)
        reader.page.wait_for_url("**grain=quarter*")
    reader.page.go_back()
    reader.drawn("voice")
    reader.page.go_back()
    reader.drawn("churn")
    assert reader.choices() == said
    assert reader.choice("basis").input_value() == "Subscription"
    assert reader.marks("churn") == first
    reader.page.go_forward()
    reader.drawn("voice")
    assert reader.choice("basis").input_value() == "Subscription"
    reader.page.go_back()
    reader.drawn("churn")
    reader.page.go_back()
    reader.drawn("overview")
    assert reader.choice("basis").input_value() == "Subscription"
    assert reader.troubles == []


def test_address_with_what_is_no_option(reader: Tab) -> None:
    """A choice that there is not, or that is an attack, counts as nothing."""
    hostile = "<script>alert(1)</script>' or 1=1 --"
    reader.open("churn", basis=hostile, period="1999-13", segment=hostile, m_churn="x", kind="y")
    assert reader.choice("basis").input_value() == "Purchase"
    assert reader.failures() == []
    assert reader.troubles == []


FOCUS = r"""() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  // A list has the line around its frame.
  const ringed = at.getAttribute('role') === 'combobox' ? at.closest('[role=group]') : at;
  const look = getComputedStyle(ringed);
  const box = ringed.getBoundingClientRect();
  const width = parseFloat(look.outlineWidth) + parseFloat(look.outlineOffset);
  let cut = null;
  for (let one = ringed.parentElement; one && !cut; one = one.parentElement) {
    if (getComputedStyle(one).overflowX === 'visible') continue;
    const frame = one.getBoundingClientRect();
    if (box.left - width < frame.left - 1 || box.right + width > frame.right + 1)
      cut = one.className;
  }
  const key = at.closest('[class*=st-key-]');
  const own = key && [...key.classList].find(one => one.startsWith('st-key-'));
  const nav = at.closest('[data-testid=stSidebarNavLink]');
  return {
    what: nav ? 'page ' + nav.textContent.trim() : (own || at.dataset.testid || at.tagName),
    ring: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2
      && !/^rgba.*, 0\)$/.test(look.outlineColor),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
      && box.right > 0 && box.left < innerWidth,
    cut,
    html: at.outerHTML.slice(0, 160),
  };
}"""
CHOICES = {
    "churn": ("basis", "grain", "period", "segment", "m_churn", "m_causes", "by"),
    "contacts": ("band", "action", "consent", "limit", "outcome"),
}


@pytest.mark.parametrize("name", CHOICES)
def test_by_keyboard_alone(reader: Tab, name: str) -> None:
    """Tab comes to every page, filter, switch and file, each with a ring, and out at the end."""
    reader.open(name)
    found, hidden = [], []
    for _ in range(150):
        reader.page.keyboard.press("Tab")
        at = reader.page.evaluate(FOCUS)
        if at is None:
            break
        found.append(at["what"])
        if not (at["ring"] and at["seen"]) or at["cut"]:
            hidden.append(at)
    else:
        pytest.fail(f"no way out: {found[-10:]}")
    assert hidden == []
    for page in ("overview", "quality", name):
        assert any(one.endswith(reader.words(f"page.{page}")) for one in found), found
    for choice in ("lang", *CHOICES[name]):
        assert f"st-key-choice_{choice}" in found, choice
    for key in reader.panels():
        assert f"st-key-csv_{key}" in found, key


def test_choosing_by_keyboard(reader: Tab) -> None:
    """Arrows and Enter choose of a list; a switch answers to Enter; a page opens by Enter."""
    reader.open("churn")
    before = reader.marks("churn")
    reader.choice("basis").focus()
    reader.page.keyboard.press("ArrowDown")
    reader.page.keyboard.press("ArrowDown")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url("**basis=subscription*")
    reader.drawn()
    assert reader.choice("basis").input_value() == "Subscription"
    assert reader.marks("churn") != before
    before = reader.marks("churn")
    reader.page.locator(".st-key-choice_m_churn").get_by_role("radio").last.focus()
    reader.page.keyboard.press("Space")
    reader.page.wait_for_url("**m_churn=lost_customers*")
    reader.drawn()
    assert reader.marks("churn") != before
    reader.link("voice").focus()
    reader.page.keyboard.press("Enter")
    reader.drawn("voice")
    assert reader.troubles == []
