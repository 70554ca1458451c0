"""What the fuzzers are fed with: broken pieces of a language rather than noise, which every parser refuses at once."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

CANARY = "Kanarie4711Vogel"
"""A secret that no pattern knows by its look; nothing may keep six letters of it in a row."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def pieces(words: Sequence[bytes], most: int = 30) -> st.SearchStrategy[bytes]:
    """Words of a language in any order, with noise between."""
    return st.lists(st.sampled_from(words) | st.binary(max_size=6), max_size=most).map(b"".join)


def texts(words: Sequence[str], most: int = 20, last: int = 0x10FFFF) -> st.SearchStrategy[str]:
    """The same for languages of characters up to ``last``."""
    noise = st.text(st.characters(max_codepoint=last), max_size=6)
    return st.lists(st.sampled_from(words) | noise, max_size=most).map("".join)


@st.composite
def mangled(draw: st.DrawFn, message: bytes) -> bytes:
    """A good message with some bytes changed, cut out, doubled or cut off."""
    data = bytearray(message)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        how = draw(st.sampled_from(("set", "delete", "double", "cut", "insert")))
        if how == "set" and data:
            data[at] = draw(st.integers(0, 255))
        elif how == "delete":
            del data[at : at + draw(st.integers(1, 8))]
        elif how == "double":
            data[at:at] = data[at : at + draw(st.integers(1, 16))]
        elif how == "cut":
            del data[at:]
        else:
            data[at:at] = draw(st.binary(max_size=6))
    return bytes(data)


@st.composite
def altered(draw: st.DrawFn, document: Any) -> Any:
    """A good JSON document with one to three places holding something else, or nothing, or one thing more."""
    for _ in range(draw(st.integers(1, 3))):
        document = _altered_once(draw, document)
    return document


def _altered_once(draw: st.DrawFn, document: Any) -> Any:
    if isinstance(document, dict) and document and draw(st.integers(0, 9)):
        key = draw(st.sampled_from(sorted(document)))
        copy = dict(document)
        if draw(st.integers(0, 19)):
            copy[key] = _altered_once(draw, document[key])
        else:
            del copy[key]
        return copy
    if isinstance(document, list) and document and draw(st.integers(0, 9)):
        index = draw(st.integers(0, len(document) - 1))
        return [*document[:index], _altered_once(draw, document[index]), *document[index + 1 :]]
    return draw(JSON | st.sampled_from([[], {}, "", 0, -1, 1e308, "x" * 300, None, True]))


def holds_canary(text: str) -> bool:
    """Whether a part of the secret is in a text, in any case of letters."""
    lowered, secret = text.lower(), CANARY.lower()
    return any(secret[start : start + 6] in lowered for start in range(len(secret) - 5))
