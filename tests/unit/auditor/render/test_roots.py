"""Root causes in every rendering: what explains the failures, how sure, what first; and what stays undecided."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from auditor.domain.report import Report, RootCause
from auditor.render.report_html import render_html
from auditor.render.report_json import parse_json, render_json
from auditor.render.report_markdown import render_markdown
from auditor.render.report_text import render_text

ROOT = RootCause(
    component="taskdef.api",
    service="database",
    fault="DNS_NAMESPACE_MISMATCH",
    fault_meaning="the configured name lies in a namespace that does not exist",
    statement="BACKEND_URL names a <namespace> that does not exist.",
    confidence="high",
    first_action="Set BACKEND_URL & deploy.",
    proof=("configuration/settings@1", "dns/name@2"),
    ruled_out=("rds: it accepts the login",),
    explains=("http/a@1", "http/b@1"),
)
RENDERINGS: tuple[Callable[[Report], str], ...] = (render_html, render_markdown, render_text)


@pytest.mark.parametrize("render", RENDERINGS, ids=lambda render: render.__name__)
def test_a_root_is_told_with_fault_confidence_and_first_action(
    database_down: Report, render: Callable[[Report], str]
) -> None:
    shown = render(replace(database_down, roots=(ROOT,)))
    for part in ("taskdef.api", "DNS", "high", "BACKEND"):
        assert part in shown
    assert "Root cause" in shown
    assert "Root cause" not in render(replace(database_down, roots=(), unexplained=()))


def test_html_escapes_a_root_and_shows_proof_and_what_was_ruled_out(database_down: Report) -> None:
    page = render_html(replace(database_down, roots=(ROOT,)))
    assert "&lt;namespace&gt;" in page
    assert "<namespace>" not in page
    assert page.index("taskdef.api") < page.index("What is wrong</h2>")
    for part in ("rds: it accepts the login", "dns/name@2", "2 failing results", "Set BACKEND_URL &amp; deploy."):
        assert part in page


@pytest.mark.parametrize("render", RENDERINGS, ids=lambda render: render.__name__)
def test_what_is_undecided_is_said_with_the_cheapest_next_observation(
    database_down: Report, render: Callable[[Report], str]
) -> None:
    undecided = replace(database_down, unexplained=("database/x@1",), next_observation="Read the log of x.")
    shown = render(undecided)
    assert "UNDECIDED" in shown
    assert "does not explain 1 failing result." in shown
    assert "Read the log of x" in shown
    assert "UNDECIDED" not in render(database_down)


def test_json_keeps_the_roots(database_down: Report) -> None:
    report = replace(database_down, roots=(ROOT,), unexplained=("a",), next_observation="b")
    assert parse_json(render_json(report)) == report


@pytest.mark.parametrize("render", [render_html, render_markdown], ids=lambda render: render.__name__)
def test_what_the_diagnosis_noticed_besides_is_told_apart_from_the_roots(
    database_down: Report, render: Callable[[Report], str]
) -> None:
    found = replace(ROOT, component="ecs.api", explains=())
    shown = render(replace(database_down, roots=(), unexplained=(), noticed=(found,)))
    assert "Also noticed" in shown
    assert "ecs.api" in shown
    assert "Root cause" not in shown
    assert "Also noticed" not in render(database_down)
