"""The web server of the dashboard: Streamlit's, with what it leaves to others.

`holdfast dashboard` runs it; address and port are those of `.streamlit/config.toml`.
"""

from __future__ import annotations

import importlib
from functools import cache
from mimetypes import guess_type
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from dashboard import FIRST_PAGE

# Nothing is fetched from elsewhere, whatever a chart or a text asks for, and no other site may
# show the dashboard within its own pages.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss: data: blob:",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "base-uri 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Guarded:
    """Adds the headers, and tells the page where its server is: it would try below the address of
    each page first, which is an error in the browser's console. And see HISTORY."""

    def __init__(self, app: ASGIApp) -> None:
        """`app`: Streamlit's."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if b"text/html" in dict(scope["headers"]).get(b"accept", b""):
            # A page that is not packed, so that something can be added to it.
            kept = [one for one in scope["headers"] if one[0] != b"accept-encoding"]
            scope = {**scope, "headers": kept}
        held: Message | None = None

        async def guarded(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, text in HEADERS.items():
                    headers[name] = text
                if headers.get("content-type", "").startswith("text/html"):
                    held = message
                    return
            elif held is not None:
                first, held = held, None
                body = message.get("body", b"")
                if b"<head>" in body:
                    body = body.replace(b"<head>", b"<head>" + place(), 1)
                    MutableHeaders(scope=first)["content-length"] = str(len(body))
                    message = {**message, "body": body}
                await send(first)
            await send(message)

        answers: ASGIApp = self.app
        if scope["path"].rstrip("/") == f"{at()}/{FIRST_PAGE}":
            # Streamlit knows the first page by the address of the dashboard alone.
            asked = scope["query_string"].decode("latin-1")
            answers = RedirectResponse(f"./?{asked}" if asked else "./")
        elif scope["method"] == "GET" and (part := STATIC.get(scope["path"].removeprefix(at()))):
            answers = fixed(part)
        await answers(scope, receive, guarded)


def at() -> str:
    """What the path of every address begins with, below a proxy's; without a slash at its end."""
    path = config.get_option("server.baseUrlPath").strip("/")
    return f"/{path}" if path else ""


# A page consists of some sixty files whose names change with what they hold. Streamlit looks for
# each on disk anew, which takes a tenth of a second of a first page.
FILES = Path(st.__file__).with_name("static")
FOREVER = "public, immutable, max-age=31536000"
STATIC = {f"/{one.relative_to(FILES).as_posix()}": one for one in FILES.glob("static/*/*")}


@cache
def fixed(file: Path) -> Response:
    """A file that never changes, read once: a browser that has it need not ask again."""
    kind, _ = guess_type(file.name)
    return Response(file.read_bytes(), headers={"Cache-Control": FOREVER}, media_type=kind)


# Streamlit notes each choice as a page of its own, which "back" would lead to, in vain: the choices
# stand. One note for each page leads back to the page before.
HISTORY = (
    "const add = history.pushState.bind(history), change = history.replaceState.bind(history);"
    "history.pushState = (state, title, address) =>"
    " (new URL(address ?? '', location.href).pathname === location.pathname ? change : add)"
    "(state, title, address);"
)


def place() -> bytes:
    """A script that names the address of the server to the page, and keeps its way back short."""
    address = f'location.origin + "{at()}"'
    return (
        f"<script>window.__streamlit = {{BACKEND_BASE_URL: {address},"
        f" MAIN_PAGE_BASE_URL: {address}}}; {{{HISTORY}}}</script>"
    ).encode()


# What pages are made of is loaded before anybody asks for one.
importlib.import_module("dashboard.questions")
app = st.App("app.py", middleware=[Middleware(Guarded)])
