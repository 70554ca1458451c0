"""Incidents in every rendering: what is open, who works on it, what ended, and what is mute."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from auditor.domain.incident import TimelineEntry
from auditor.domain.report import IncidentLine, Report
from auditor.render.incident_words import state
from auditor.render.report_html import render_html
from auditor.render.report_json import parse_json, render_json
from auditor.render.report_markdown import render_markdown
from auditor.render.report_text import render_text

from .conftest import AS_OF, BROKE

OPEN = IncidentLine(
    id="prod/database/2026-11-23T16:44:00Z",
    service="database",
    since=BROKE,
    opened=BROKE + timedelta(minutes=1),
    closed=None,
    well_since=None,
    ends=None,
    paging=True,
    targets=("orders-db", "web-orders"),
    roots=("rds TOO_MANY_CONNECTIONS",),
    acknowledged_by="",
    acknowledged_at=None,
    muted_because="",
    turns=1,
    flapping=False,
    recurrences=0,
    earlier="",
    merged=(),
    timeline=(TimelineEntry(at=BROKE + timedelta(minutes=1), text="opened <b>"),),
)
SEEN = replace(OPEN, acknowledged_by="Ada", acknowledged_at=AS_OF, turns=3, flapping=True)
ENDED = replace(
    OPEN,
    id="prod/web/2026-11-23T09:00:00Z",
    service="web",
    opened=AS_OF - timedelta(hours=3),
    closed=AS_OF - timedelta(hours=1),
    paging=False,
    roots=(),
    recurrences=2,
    earlier="prod/web/before",
    merged=("prod/api/then",),
)
RENDERINGS: tuple[Callable[[Report], str], ...] = (render_html, render_markdown, render_text)
each_rendering = pytest.mark.parametrize("render", RENDERINGS, ids=lambda render: render.__name__)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (OPEN, "open for 4 min, nobody has acknowledged it"),
        (SEEN, "flapping for 4 min, acknowledged"),
        (ENDED, "ended after 2 h"),
        (replace(ENDED, closed=ENDED.opened), "ended"),
        (replace(OPEN, since=AS_OF), "open, nobody has acknowledged it"),
    ],
)
def test_what_it_is_in_now_is_one_phrase(line: IncidentLine, said: str) -> None:
    assert state(line, AS_OF) == said


@each_rendering
def test_open_and_ended_ones_are_told_with_what_is_known(
    database_down: Report, render: Callable[[Report], str]
) -> None:
    shown = render(replace(database_down, incidents=(SEEN, ENDED)))
    for part in (
        "Incidents",
        "prod/database/2026-11-23T16:44:00Z",
        "flapping for 4 min, acknowledged",
        "rds TOO_MANY_CONNECTIONS",
        "orders-db, web-orders",
        "Taken by" if render is not render_text else "taken by",
        "Ada at 2026-11-23 16:47:00 UTC",
        "3 times",
        "raised, it pages",
        "prod/web/2026-11-23T09:00:00Z",
        "ended after 2 h",
        "undecided",
        "2 earlier incidents with one of its roots, last prod/web/before",
        "prod/api/then",
    ):
        assert part in shown


@each_rendering
def test_what_waits_for_its_end_says_so(database_down: Report, render: Callable[[Report], str]) -> None:
    waits = replace(OPEN, well_since=AS_OF - timedelta(minutes=1), ends=AS_OF + timedelta(minutes=4))
    shown = render(replace(database_down, incidents=(waits,)))
    assert "2026-11-23 16:46:00 UTC; if that lasts it ends at 2026-11-23 16:51:00 UTC" in shown
    assert "if that lasts" not in render(replace(database_down, incidents=(replace(waits, closed=AS_OF),)))


@each_rendering
def test_what_does_not_apply_is_left_out(database_down: Report, render: Callable[[Report], str]) -> None:
    shown = render(replace(database_down, incidents=(OPEN,)))
    for part in (
        "Taken by",
        "earlier incident",
        "Merged into it",
        "Muted",
        "Ended",
        "Well since",
        "well since",
        "Turned bad",
    ):
        assert part not in shown


@each_rendering
def test_a_mute_service_is_told_also_without_an_incident(
    database_down: Report, render: Callable[[Report], str]
) -> None:
    shown = render(replace(database_down, muted={"web": "silenced by ada: upgrade"}))
    assert "Nothing is told of web now: silenced by ada: upgrade." in shown


@each_rendering
def test_without_any_there_is_no_section(database_down: Report, render: Callable[[Report], str]) -> None:
    assert "Incidents" not in render(replace(database_down, incidents=(), muted={}))


def test_the_timeline_is_shown_and_escaped(database_down: Report) -> None:
    report = replace(database_down, incidents=(OPEN,))
    page, text = render_html(report), render_markdown(report)
    assert "opened &lt;b&gt;" in page
    assert "2026-11-23 16:44:00 UTC: opened &lt;b&gt;" in text
    assert "<b>" not in page + text


def test_a_persons_words_cannot_become_markup(database_down: Report) -> None:
    hostile = replace(SEEN, acknowledged_by="<script>x</script>", muted_because="[x](http://evil)")
    report = replace(database_down, incidents=(hostile,), muted={"web": "<script>"})
    assert "<script>" not in render_html(report) + render_markdown(report)
    assert "[x](http://evil)" not in render_markdown(report)


def test_json_keeps_them(database_down: Report) -> None:
    report = replace(database_down, incidents=(SEEN, ENDED), muted={"web": "r"})
    assert parse_json(render_json(report)) == report
