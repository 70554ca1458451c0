"""The HTML report: what a reader is told, in which order, and that no value can become markup."""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.domain.report import Report
from auditor.domain.verdict import Verdict
from auditor.render.markup import element
from auditor.render.report_html import render_html

Fill = Callable[[str], Report]
Read = Callable[[str], Any]

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "\"><img src=x onerror=alert(1)>'",
    "]]><!-- --><![CDATA[<?php",
    "safe\u202egnp.exe\u2066\u200b\x00\x1b[31m\ud800",
    "&lt;b&gt; &amp;amp; &#60;",
    "https://evil.example/\" onclick=\"alert(1)",
    "javascript:alert(1)",
    "A" * 10_240,
    "<b>" * 4_000,
    "line one\nline two\r\nline three\ttab",
)  # fmt: skip


def skeleton(root: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(node.tag, tuple(node.attributes)) for node in root.walk()]


@pytest.fixture(scope="module")
def harmless(filled_with: Fill, read_html: Read) -> list[tuple[str, tuple[str, ...]]]:
    """The structure of the page when every value is the letter h."""
    return skeleton(read_html(render_html(filled_with("h"))))


@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_value_changes_the_structure(
    filled_with: Fill, read_html: Read, harmless: list[tuple[str, tuple[str, ...]]], text: str
) -> None:
    document = render_html(filled_with(f"h{text}"))
    document.encode("utf-8")
    assert skeleton(read_html(document)) == harmless


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_known_attacks_change_no_structure_and_hide_nothing(
    filled_with: Fill, read_html: Read, harmless: list[tuple[str, tuple[str, ...]]], hostile: str
) -> None:
    document = render_html(filled_with(f"h{hostile}"))
    document.encode("utf-8")
    assert skeleton(read_html(document)) == harmless
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", document)
    assert len(document) < 400_000


@given(text=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60))
@example(text="<&>\"'")
@settings(max_examples=40, deadline=None)
def test_what_is_harmless_to_see_is_shown_as_it_is(filled_with: Fill, read_html: Read, text: str) -> None:
    assert read_html(render_html(filled_with(f"h{text}"))).id("wrong").text.count(f"h{text}") >= 10


@pytest.mark.parametrize(
    "runbook", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a@evil.example/"]
)
def test_only_plain_web_addresses_become_links(healthy: Report, read_html: Read, runbook: str) -> None:
    owner = replace(healthy.services[0], runbook=runbook, contact="#channel")
    root = read_html(render_html(replace(healthy, services=(owner,))))
    assert runbook in root.id("services").text
    assert all(node.attributes["href"].startswith("#") for node in root.all("a"))


@given(text=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
@example(text='"onclick="alert(1)//\'<b>&amp;')
def test_no_value_can_leave_its_attribute(read_html: Read, text: str) -> None:
    (node,) = read_html(element("a", text, href=text, data_label=text)).children
    assert (node.attributes, node.text) == ({"href": text, "data-label": text}, text)


def test_a_root_is_a_card_and_its_victim_is_folded_under_it(database_down: Report, read_html: Read) -> None:
    root = read_html(render_html(database_down))
    (card,) = root.id("wrong").all("article")
    assert card.all("h3")[0].text == "Orders database · orders-db.main"
    for said in (
        "DOWN",
        "critical target",
        "refused the connection after 0.6 ms",
        "Failed phaseTCP",
        "tcp.refused – the host answered that nothing listens on the port",
        "2026-11-23 16:43:00 UTC for 4 min",
        "Start the database: aws rds start-db-instance",
        "database/orders-db.main/database.reachable@2026-11-23T16:47:00Z",
        "team-orders-db",
    ):
        assert said in card.text
    links = [node.attributes["href"] for node in card.all("a")]
    assert links == [
        "mailto:orders-db-oncall@example.org",
        "https://runbooks.example.org/orders-db?section=first#steps",
    ]
    evidence = {row.all("th")[0].text: row.all("td")[0].text for row in card.all("table")[0].all("tr")[1:]}
    assert evidence["address"] == "10.0.3.7:5432"
    assert evidence["tls"] == "null"
    folded = card.all("div", "victims")[0].all("details")[0]
    assert "open" not in folded.attributes
    assert folded.all("summary")[0].text == "Also failing because of this: site.orders"
    assert "GET /orders answered 503" in folded.text
    assert not any("site.orders" in heading.text for tag in ("h2", "h3") for heading in root.all(tag))


def test_what_is_wrong_comes_first_then_warnings_then_what_was_not_seen(database_down: Report, read_html: Read) -> None:
    root = read_html(render_html(database_down))
    sections = [node.attributes["id"] for node in root.all("section")]
    assert sections == [
        "wrong", "warnings", "unseen", "services", "response-times", "checks", "runs", "reproduce", "method",
    ]  # fmt: skip
    assert "GET / took 1.31 s" in root.id("warnings").text
    assert root.all("h1")[0].text == "Minimal platform"
    header = root.all("header")[0].text
    assert "DOWN Orders database is down: nothing listens on 10.0.3.7:5432." in header
    assert "Coverage 94.4 % of checks; 3 of 4 critical targets judged." in header
    assert "Simulated time: one minute took 10 s" in header
    assert root.all("title")[0].text.startswith("DOWN – ")


def test_a_victim_looks_other_than_what_is_at_fault(database_down: Report, read_html: Read) -> None:
    rows = read_html(render_html(database_down)).id("services").all("tr")
    of = {row.all("th")[0].text.partition(" http")[0].partition(" database")[0]: row for row in rows[1:]}
    assert "victim" in of["site.orders"].all("span", "verdict")[0].attributes["class"]
    assert "Because of orders-db.main" in of["site.orders"].text
    assert "victim" not in of["orders-db.main"].all("span", "verdict")[0].attributes["class"]
    assert "failing because of orders-db.main" in rows[1].text
    assert "at fault" in next(row for row in rows if "Orders database" in row.text).text


def test_a_gap_is_no_outage_and_not_healthy(gap_only: Report, read_html: Read) -> None:
    root = read_html(render_html(gap_only))
    assert not root.id("wrong").all("article")
    said = root.id("wrong").text
    assert "3 targets healthy" in said
    assert "1 target could not be judged and may be in any state" in said
    gaps = root.id("unseen").text
    assert "not outages" in gaps
    assert "Admit sg-0auditor on port 6379" in gaps
    assert "cannot pass without this cache" in gaps
    assert "never reported" in root.id("runs").text


def test_the_healthy_report_says_so_plainly_and_only_of_what_was_seen(healthy: Report, read_html: Read) -> None:
    root = read_html(render_html(healthy))
    assert root.id("wrong").text == "Is anything wrong?Nothing that was seen is wrong: 3 targets healthy."
    assert root.id("unseen") is None
    assert not root.all("article")


def test_an_empty_platform_is_not_called_healthy(empty: Report, read_html: Read) -> None:
    root = read_html(render_html(empty))
    assert "nothing is called healthy" in root.id("wrong").text
    assert "Coverage 0 %" in root.all("header")[0].text
    assert "Simulated" not in root.text
    assert [node.attributes["id"] for node in root.all("section")] == ["wrong", "services", "method"]


def test_a_bad_verdict_from_an_earlier_run_is_not_hidden(healthy: Report, read_html: Read) -> None:
    bad = replace(healthy.services[1].targets[0], verdict=Verdict.DOWN, summary="The last run saw a refusal.")
    owner = replace(healthy.services[1], verdict=Verdict.DOWN, targets=(bad,))
    root = read_html(render_html(replace(healthy, verdict=Verdict.DOWN, services=(healthy.services[0], owner))))
    (card,) = root.id("wrong").all("article")
    assert "orders-db.main" in card.text
    assert "it stands from an earlier run" in card.text


def test_a_failed_phase_is_marked_in_words_and_keeps_its_time(database_down: Report, read_html: Read) -> None:
    rows = read_html(render_html(database_down)).id("response-times").all("tr")[1:]
    database = next(row for row in rows if "orders-db.main" in row.text)
    assert "✕ failed" in database.text
    assert [item.text for item in database.all("li")] == ["name 1.0 ms", "✕ TCP 0.6 ms failed"]
    bar = [(rect.attributes["class"], float(rect.attributes["x"])) for rect in database.all("svg")[0].all("rect")]
    assert bar == [("p-name", 0.0), ("failed", 62.5)]


def test_the_checks_add_up(database_down: Report, read_html: Read) -> None:
    table = read_html(render_html(database_down)).id("checks").all("table")[0]
    rows = [[int(cell.text) for cell in row.all("td")] for row in table.all("tr")[1:]]
    *families, total = rows
    assert all(sum(row[:-1]) == row[-1] for row in rows)
    assert total == [sum(column) for column in zip(*families, strict=True)]
    assert total == [9, 1, 2, 1, 8, 21]


@pytest.mark.parametrize("name", ["healthy", "empty", "gap_only", "database_down"])
def test_the_page_is_accessible_and_loads_nothing(name: str, request: pytest.FixtureRequest, read_html: Read) -> None:
    document = render_html(request.getfixturevalue(name))
    root = read_html(document)
    nodes = root.walk()
    assert {node.tag for node in nodes}.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
    assert not any(key.startswith("on") or key in ("style", "src") for node in nodes for key in node.attributes)
    levels = [int(node.tag[1]) for node in nodes if re.fullmatch("h[1-6]", node.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for table in root.all("table"):
        assert table.children[0].tag == "caption"
        assert table.children[0].text
        assert all(cell.attributes["scope"] in ("col", "row", "rowgroup") for cell in table.all("th"))
        width = len(table.all("thead")[0].all("th"))
        for row in (row for part in table.children if part.tag in ("tbody", "tfoot") for row in part.children):
            assert sum(int(cell.attributes.get("colspan", "1")) for cell in row.children) == width
    ids = [node.attributes["id"] for node in nodes if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    assert all(node.attributes["href"][1:] in ids for node in root.all("nav")[0].all("a"))
    assert all(node.text.strip("✓▲✕?– ") for node in root.all("span", "verdict"))
    (style,) = root.all("style")
    digest = b64encode(sha256(style.text.encode()).digest()).decode()
    policy = next(n for n in root.all("meta") if n.attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.attributes["content"].startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_the_same_report_is_the_same_bytes_whatever_the_order_of_its_evidence(database_down: Report) -> None:
    turned = tuple(
        replace(problem, evidence=dict(reversed(list(problem.evidence.items()))))
        for problem in reversed(database_down.problems)
    )
    assert render_html(replace(database_down, problems=turned)) == render_html(database_down)


def test_a_large_platform_folds_what_is_healthy_and_loses_nothing(
    platform_with: Callable[[int], Report], read_html: Read
) -> None:
    report = platform_with(100)
    root = read_html(render_html(report))
    rows = root.id("services").all("tr", "target")
    folded = {id(row) for fold in root.id("services").all("details") for row in fold.all("tr", "target")}
    assert len(rows) == 100
    assert sorted(row.all("code")[0].text for row in rows if id(row) not in folded) == [
        "service-004.endpoint-9",
        "service-009.endpoint-9",
    ]
    shown = {node.text for node in root.id("method").all("code")}
    assert shown >= {id for owner in report.services for line in owner.targets for id in line.result_ids}
