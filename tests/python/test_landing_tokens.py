import hashlib
import hmac
import stat
from dataclasses import replace

import pytest

from orchestration.errors import HoldfastError
from orchestration.landing.tokens import Tokens, normalise, token_key


@pytest.mark.parametrize(
    ("kind", "values", "normal"),
    [
        (
            "email",
            [" An@Example.COM ", "an@example.com", "\uff21\uff2e@example.com"],
            "an@example.com",
        ),
        ("phone", ["+66 (2) 123-4567", "0066 2 123 4567", "๖๖๒๑๒๓๔๕๖๗"], "6621234567"),
        ("phone", ["081 234 5678", "\uff10\uff18\uff11-234-5678"], "0812345678"),
        (
            "name",
            ["Trần  Thị\tAn", " TRẦN THỊ AN ", "Tra\u0302\u0300n Thi\u0323 An"],
            "trần thị an",
        ),
    ],
)
def test_equal_people_are_equal(kind, values, normal):
    assert {normalise(value, kind) for value in values} == {normal}


@pytest.mark.parametrize("length", [32, 64, 65, 200])
def test_a_token_is_hmac_sha_256(length):
    key = b"k" * length
    expected = hmac.new(key, "trần an".encode(), hashlib.sha256).hexdigest()
    assert Tokens(key).of("TRẦN  An", "name") == expected
    assert Tokens(b"other" * 8).of("TRẦN An", "name") != expected


def test_what_is_empty_stays_empty():
    tokens = Tokens(b"k" * 32)
    assert tokens.of_all(["", "n/a", None], "phone") == {"": "", "n/a": "", None: None}
    assert tokens.of_all([" "], "email") == {" ": ""}


def test_the_key_is_made_once_for_its_owner_alone(settings):
    key = token_key(settings)
    assert len(bytes.fromhex(key.decode())) == 32
    assert token_key(settings) == key
    assert stat.S_IMODE(settings.token_key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.vault.stat().st_mode) == 0o700


def test_the_text_of_the_file_in_the_environment_is_the_same_key(settings):
    key = token_key(settings)
    text = settings.token_key_file.read_text()
    assert token_key(replace(settings, token_key=text)) == key


def test_a_key_from_the_environment_writes_no_file(settings):
    assert token_key(replace(settings, token_key="s" * 32)) == b"s" * 32
    assert not settings.token_key_file.exists()


def test_a_short_key_is_refused_and_not_shown(settings):
    with pytest.raises(HoldfastError, match="HOLDFAST_TOKEN_KEY") as error:
        token_key(replace(settings, token_key="short-secret"))
    assert "short-secret" not in str(error.value)
    settings.token_key_file.write_text("")
    with pytest.raises(HoldfastError, match=r"token\.key"):
        token_key(settings)
