"""Whatever stands in the file, it is accepted or refused with ``CatalogueError``, in bounded time."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.model import Catalogue
from catalog.problem import CatalogueError

SYNTAX = [*"{}[]'\"#%\n\t", ": ", "- ", "  ", "&a ", "*a", "!!int ", "? ", "| ", "---\n"]
SCALARS = ["null", "yes", ".inf", "1e999", "0x1f", "9" * 30, "2026-01-01", "12:30:45", "~", "<<"]
CHARACTERS = ["\\ud800", "\ud800", "\x00", "\u2028"]
WORDS = ["id", "family", "page", "store", "spec", "proves", "home", "orders", "services", "timeout"]
PIECES = st.sampled_from(SYNTAX + SCALARS + CHARACTERS + WORDS)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join)


def is_decided(text: str, accept: Callable[[str], Catalogue]) -> bool:
    try:
        accept(text)
    except CatalogueError as error:
        return len(error.problems) > 0 and str(error).startswith("c.yaml:")
    return True


@given(text=TEXTS)
@settings(max_examples=60, deadline=timedelta(seconds=5))
def test_any_text_is_accepted_or_refused(text: str, accept: Callable[[str], Catalogue]) -> None:
    assert is_decided(text, accept)


@given(data=st.data())
@settings(max_examples=60, deadline=timedelta(seconds=5))
def test_a_mutilated_catalogue_is_accepted_or_refused(
    data: st.DataObject, valid: str, accept: Callable[[str], Catalogue]
) -> None:
    begin = data.draw(st.integers(0, len(valid)))
    end = data.draw(st.integers(begin, min(len(valid), begin + 12)))
    assert is_decided(valid[:begin] + data.draw(TEXTS) + valid[end:], accept)


@given(data=st.data())
@settings(max_examples=60, deadline=timedelta(seconds=5))
def test_a_value_of_any_kind_is_accepted_or_refused(
    data: st.DataObject, valid: str, accept: Callable[[str], Catalogue]
) -> None:
    values = ["shop", "web", "home", "page", "app.web", "[orders]", "http://web.internal/", "2s", "{host: db.internal}"]
    others = ["[]", "{}", "null", "true", "-1", "1.5", '"\\0"', "[[a]]", "{a: {b: c}}", "9" * 18, "é"]
    old, new = data.draw(st.sampled_from(values)), data.draw(st.sampled_from(others))
    assert is_decided(valid.replace(f": {old}\n", f": {new}\n"), accept)
