"""What the server tells browsers, and where it listens."""

from __future__ import annotations

import re
import socket
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.dashboards import PAGES, Server, Tab, path_of

LISTENS = "0A"
LOOPBACK = "0100007F"


def policy(url: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The Content-Security-Policy of an answer, and its other headers."""
    asked = urllib.request.Request(url, headers={"Accept": "text/html"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        headers = {name.lower(): text for name, text in answer.headers.items()}
    parts = [part.split() for part in headers["content-security-policy"].split(";")]
    return {name: sources for name, *sources in parts}, headers


@pytest.mark.parametrize("path", [*map(path_of, PAGES), "_stcore/health", "static/none.js"])
def test_headers(server: Server, path: str) -> None:
    """Every answer keeps the page to itself: nothing from elsewhere, in nobody's frame."""
    try:
        rules, headers = policy(f"{server.url}/{path}")
    except urllib.error.HTTPError as error:
        assert error.code == 404
        assert "frame-ancestors 'none'" in error.headers["Content-Security-Policy"]
        return
    assert rules["frame-ancestors"] == ["'none'"]
    assert rules["default-src"] == ["'self'"]
    assert rules["form-action"] == ["'none'"]
    assert rules["base-uri"] == ["'self'"]
    for name in ("script-src", "style-src", "img-src", "font-src", "connect-src", "worker-src"):
        own = {"'self'", "'unsafe-inline'", "'wasm-unsafe-eval'", "data:", "blob:", "ws:", "wss:"}
        assert set(rules[name]) <= own, name
    assert "'unsafe-eval'" not in rules["script-src"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_parts_of_the_page_are_kept_by_browsers(server: Server) -> None:
    """Their names change with their content; nothing beside them is served."""
    with urllib.request.urlopen(f"{server.url}/", timeout=10) as answer:
        parts = re.findall(r"\./(static/[\w./-]+)", answer.read().decode())
    assert len(parts) > 20
    kinds = {"js": "javascript", "css": "css", "woff2": "woff2"}
    for part in parts:
        with urllib.request.urlopen(f"{server.url}/{part}", timeout=10) as answer:
            assert kinds[part.rsplit(".")[-1]] in answer.headers["content-type"], part
            assert "immutable" in answer.headers["cache-control"]
            assert len(answer.read()) == int(answer.headers["content-length"]) > 0
    for path in ("static/../index.html", "static/js/../../../__init__.py", "static/js/none.js"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
            line.sendall(f"GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            assert b"immutable" not in line.makefile("rb").read(2000)


def test_listens_on_this_computer_alone(server: Server) -> None:
    """Nobody else on the network reaches a dashboard without a login."""
    places = []
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, port = local.split(":")
            if state == LISTENS and int(port, 16) == server.port:
                places.append(address)
    assert places == [LOOPBACK]


def test_other_addresses_are_closed(server: Server) -> None:
    """The same, tried from the address that others would use."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("192.0.2.1", 9))
        own = one.getsockname()[0]
    if own.startswith("127."):
        pytest.skip("this computer has no other address")
    with socket.socket() as one:
        one.settimeout(5)
        assert one.connect_ex((own, server.port)) != 0


def test_in_nobodys_frame(browser: Browser, server: Server) -> None:
    """A page of another site does not get the dashboard into a frame of its own."""
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.set_content(f"<iframe src='{server.url}/churn'></iframe>")
    page.wait_for_timeout(2000)
    framed = [frame for frame in page.frames if frame.url.startswith(server.url)]
    assert framed == []
    assert any("frame-ancestors" in one for one in said)
    context.close()


def test_no_menu_of_developers(reader: Tab) -> None:
    """No button of Streamlit's offers to deploy the dashboard elsewhere."""
    reader.open("overview")
    assert reader.page.get_by_test_id("stAppDeployButton").count() == 0
    assert "Deploy" not in reader.page.locator("header").first.inner_text()
