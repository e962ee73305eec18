"""Numbers to text, vectorised: ids, instants, money. Every raw column is text."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .company import MINOR, OFFSET, choice

INSTANT_STYLES = (0.80, 0.12, 0.08)  # share written with +07:00, with Z, without offset (= UTC)


def texts(values) -> pa.Array:
    """Any array as text."""
    return pc.cast(pa.array(values), pa.string())


def join(*parts) -> pa.Array:
    """Concatenate arrays and constants element by element; null where any part is null."""
    return pc.binary_join_element_wise(*parts, "")


def blank(values, keep: np.ndarray) -> pa.Array:
    """Null where `keep` is false."""
    return pc.if_else(pa.array(keep), values, pa.scalar(None, pa.string()))


def pick(options, index: np.ndarray) -> pa.Array:
    """Options by index; None among them is null."""
    return pa.array(options, pa.string()).take(pa.array(index))


def numbered(prefix: str, number: np.ndarray, width: int = 7) -> pa.Array:
    """Ids such as C0000042."""
    return join(prefix, pc.utf8_lpad(texts(number), width, "0"))


def flags(values: np.ndarray) -> pa.Array:
    """true and false."""
    return pick(["false", "true"], values.astype(np.int8))


def dates(days: np.ndarray) -> pa.Array:
    """Days (datetime64[D]) as YYYY-MM-DD."""
    return pc.cast(pa.array(days), pa.string())


def instants(rng: np.random.Generator, local: np.ndarray) -> pa.Array:
    """Bangkok seconds as ISO 8601: mostly with +07:00, else in UTC with or without Z."""
    style = choice(rng, INSTANT_STYLES, len(local))
    shown = np.where(style == 0, local, local - OFFSET).astype("datetime64[s]")
    text = pc.replace_substring(pc.cast(pa.array(shown), pa.string()), " ", "T")
    return join(text, pick(["+07:00", "Z", ""], style))


def money(minor: np.ndarray, currency: np.ndarray) -> pa.Array:
    """Minor units as decimal text: two decimals, none for VND."""
    minor = minor.astype(np.int64)
    cents = pc.utf8_lpad(texts(minor % 100), 2, "0")
    with_point = pc.binary_join_element_wise(texts(minor // 100), cents, ".")
    return pc.if_else(pa.array(MINOR[currency] == 1), texts(minor), with_point)
