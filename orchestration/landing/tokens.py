"""Keyed tokens in place of direct personal data.

A token is the hex HMAC-SHA-256 of the normalised value, so equal people have equal tokens, and
without the key neither a dictionary nor a list of phone numbers leads back. What is empty after
normalising (an empty field, a phone such as "n/a") is empty: it must not make one person of many.
"""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from hashlib import sha256

from orchestration.errors import HoldfastError
from orchestration.landing.store import make_private_folder
from orchestration.settings import Settings

MINIMUM_KEY_LENGTH = 32
# Random tokens of erased people begin so; a real one does with odds of 2 to the 64.
ANONYMOUS_TOKEN = "0" * 16
# What takes plain texts with their tokens, by kind.
Keep = Callable[[str, dict[str | None, str | None]], None]
NO_DIGITS = re.compile(r"\D+")


def normalise(value: str, kind: str) -> str:
    """`value` in the one form of its kind.

    - email: NFKC, stripped, case folded
    - phone: NFKC, decimal digits of any script as 0-9 and nothing else; so `+` goes, and a leading
      `00` goes too: +66 2 123, 0066 2 123 and 662123 are one. National numbers keep their 0.
    - name: NFKC, case folded, white space collapsed to single blanks and stripped
    """
    text = unicodedata.normalize("NFKC", value)
    if kind == "email":
        return text.strip().casefold()
    if kind == "name":
        return " ".join(text.casefold().split())
    if kind == "phone":
        digits = NO_DIGITS.sub("", text)
        if not digits.isascii():
            digits = "".join(str(unicodedata.decimal(digit)) for digit in digits)
        return digits.removeprefix("00")
    raise ValueError(f"unknown kind of personal data: {kind}")


class Tokens:
    """Makes tokens with one key.

    The two inner states of HMAC-SHA-256 are prepared once and copied for every value, which takes
    half the time of `hmac.digest`; the tests hold it against that.
    """

    def __init__(self, key: bytes, keep: Keep | None = None) -> None:
        self._keep = keep
        block = (key if len(key) <= 64 else sha256(key).digest()).ljust(64, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def of(self, value: str, kind: str) -> str:
        """64 hex digits for `value`, or '' where nothing is left of it after normalising."""
        text = normalise(value, kind)
        if not text:
            return ""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.hexdigest()

    def of_all(self, values: Iterable[str | None], kind: str) -> dict[str | None, str | None]:
        """Token of every distinct value, each computed once; None stays None.

        Where the tokens are kept, the plain texts go there: what lands has its text in the vault.
        """
        found = {v: None if v is None else self.of(v, kind) for v in set(values)}
        if self._keep:
            self._keep(kind, found)
        return found


def token_key(settings: Settings) -> bytes:
    """The key: HOLDFAST_TOKEN_KEY, else the text of <home>/vault/token.key, made if missing.

    The vault is made with mode 0700, the file with 0600 and 32 random bytes in hex. The file's text
    set as HOLDFAST_TOKEN_KEY gives the same tokens. Raises HoldfastError for a key under 32
    characters; the message never shows the key.
    """
    make_private_folder(settings.vault)
    if settings.token_key is not None:
        return _checked(settings.token_key, "HOLDFAST_TOKEN_KEY")
    path = settings.token_key_file
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    path.chmod(0o600)
    return _checked(path.read_text(encoding="utf-8"), str(path))


def _checked(text: str, place: str) -> bytes:
    key = text.strip()
    if len(key) < MINIMUM_KEY_LENGTH:
        raise HoldfastError(
            f"{place} holds a key of {len(key)} characters: make it {MINIMUM_KEY_LENGTH} or more"
        )
    return key.encode()
