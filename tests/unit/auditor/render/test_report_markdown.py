"""The Markdown report: the same meaning as the HTML one, and tables that no value can break."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.domain.report import Report
from auditor.render.markdown_text import fenced, link, plain, row, table
from auditor.render.report_markdown import render_markdown

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
Fill = Callable[[str], Report]


def cells(line: str) -> list[str]:
    """The cells of a row, read as GitHub reads them: at every pipe that no backslash precedes."""
    assert line.startswith("|")
    assert line.endswith("|")
    return re.split(r"(?<!\\)\|", line)[1:-1]


def shape(document: str) -> list[object]:
    """Per line what kind of block it is, and in a table how many cells it has."""
    return [len(cells(line)) if line.startswith("|") else block(line) for line in document.splitlines()]


def block(line: str) -> str:
    opening = re.match(r"#+ |- |```|\*\*", line)
    return opening[0] if opening else ""


@given(text=ANY_TEXT)
@example(text="a|b\\|c\\")
@example(text="x\n| y | z |\n---")
@example(text="```\n# heading\n```")
@settings(max_examples=60, deadline=None)
def test_no_value_changes_the_blocks(filled_with: Fill, text: str) -> None:
    document = render_markdown(filled_with(f"h{text}"))
    document.encode("utf-8")
    assert shape(document) == shape(render_markdown(filled_with("h")))


@given(texts=st.lists(ANY_TEXT, min_size=3, max_size=3))
@settings(max_examples=200)
def test_a_row_keeps_its_columns_and_its_texts(texts: list[str]) -> None:
    line = row([plain(text) for text in texts])
    assert len(line.splitlines()) == 1
    assert len(cells(line)) == 3
    for cell, text in zip(cells(line), texts, strict=True):
        if re.fullmatch("[ -~]*", text):
            assert unescape(re.sub(r"\\([*_\[\]~])", r"\1", cell)).strip() == " ".join(text.split())


@given(text=ANY_TEXT)
@example(text="<b>![x](http://e.example)`c` **b** _e_ ~~s~~ $m$ www.e.example https://e.example")
def test_nothing_in_a_value_is_read_as_markup(text: str) -> None:
    escaped = plain(text)
    assert not re.search(r"[<>|`$\n\r]", escaped)
    assert not re.search(r"(?<!\\)[*\[\]~]", escaped)
    assert "://" not in escaped
    assert "www." not in escaped.lower()
    assert not re.search(r"&(?!(amp|lt|gt|#\d+);)", escaped)


@given(lines=st.lists(ANY_TEXT, min_size=1, max_size=3))
@example(lines=["``` `````", "\n```\n"])
def test_no_command_closes_its_fence(lines: list[str]) -> None:
    opening, *body, closing, blank = fenced(lines)
    assert (closing + "sh", blank) == (opening, "")
    assert len(body) == len(lines)
    assert all(len(line.splitlines()) <= 1 and closing not in line for line in body)


def test_all_tables_have_one_width(database_down: Report) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", render_markdown(database_down), flags=re.MULTILINE)
    assert len(tables) == 6
    for found in tables:
        assert len({len(cells(line)) for line in found.splitlines()}) == 1


def test_root_victim_warning_and_gap_stand_in_that_order(database_down: Report) -> None:
    document = render_markdown(database_down)
    order = [
        "**✕ DOWN** – Orders database is down",
        "Simulated time: one minute took 10 s",
        "## What is wrong",
        "### Orders database · orders-db.main – ✕ DOWN",
        "- Cause: tcp.refused – the host answered that nothing listens on the port",
        "- What to do: Start the database",
        "Also failing because of this:",
        "- site.orders of site: GET /orders answered 503",
        "## Warnings",
        "### site · site.home",
        "## What the auditor could not see",
        "not outages",
        "## Services",
        "✕ TCP 0.6 ms failed",
        "| **All** | 9 | 1 | 2 | 1 | 8 | 21 |",
        "audit report bundle.json --out out/replay",
    ]
    positions = [document.index(said) for said in order]
    assert positions == sorted(positions)
    assert not re.search(r"^#+ .*site\.orders", document, flags=re.MULTILINE)


def test_only_plain_web_addresses_become_links() -> None:
    assert (
        link("https://runbooks.example.org/db?section=first#steps")
        == "<https://runbooks.example.org/db?section=first#steps>"
    )
    for other in ("javascript:alert(1)", "https://e.example/|<b>", "https://a@e.example/", "https://e.example/ x"):
        assert not link(other).startswith("<")
        assert "://" not in link(other)


def test_only_what_was_seen_is_called_healthy(healthy: Report, gap_only: Report, empty: Report) -> None:
    assert "Nothing that was seen is wrong: 3 targets healthy.\n" in render_markdown(healthy)
    assert "1 target could not be judged and may be in any state." in render_markdown(gap_only)
    assert "nothing is called healthy" in render_markdown(empty)


def test_the_order_of_problems_changes_nothing(database_down: Report) -> None:
    turned = replace(database_down, problems=tuple(reversed(database_down.problems)))
    assert render_markdown(turned) == render_markdown(database_down)


@pytest.mark.parametrize("columns", [("a",), ("a", "b#")])
def test_a_table_without_rows_is_still_a_table(columns: tuple[str, ...]) -> None:
    assert [len(cells(line)) for line in table(columns, [])[:2]] == [len(columns)] * 2
