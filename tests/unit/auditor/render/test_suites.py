"""Test suites in the report: categories whose totals add up, apart from the platform's health."""

from dataclasses import replace
from datetime import timedelta

from auditor.domain.report import Report
from auditor.domain.suites import SuiteLine
from auditor.render.report_html import render_html
from auditor.render.report_json import parse_json, render_json
from auditor.render.report_markdown import render_markdown


def suite(report: Report, name: str, *, stale: bool = False, **numbers: int) -> SuiteLine:
    at = report.as_of - timedelta(days=4 if stale else 0, hours=1)
    counts = {"passed": 0, "failed": 0, "errors": 0, "skipped": 0} | numbers
    return SuiteLine(target="ci", name=name, at=at, stale=stale, object_key=f"junit/{name}.xml", **counts)


def with_suites(report: Report) -> Report:
    return replace(
        report,
        suites=(
            suite(report, "unit <b>", passed=17, failed=6),
            suite(report, "api", passed=13, errors=10),
            suite(report, "load", stale=True, passed=4),
        ),
    )


def test_recent_suites_add_up_and_old_ones_are_in_no_sum(healthy: Report) -> None:
    text = render_markdown(with_suites(healthy))
    assert "| **All that are recent** |  |  | 30 | 6 | 10 | 0 | 46 |" in text
    assert "old: says nothing of now" in text
    assert "unit &lt;b&gt;" in text or "unit \\<b\\>" in text


def test_the_page_shows_them_and_escapes_their_names(healthy: Report) -> None:
    page = render_html(with_suites(healthy))
    assert "unit &lt;b&gt;" in page
    assert "<b>" not in page.replace("<b>All", "")
    assert 'id="suites"' in page


def test_they_change_no_number_of_the_platform(healthy: Report) -> None:
    before, after = parse_json(render_json(healthy)), parse_json(render_json(with_suites(healthy)))
    assert replace(after, suites=()) == before


def test_a_report_without_any_has_no_such_section(healthy: Report) -> None:
    assert "Test suites" not in render_markdown(healthy)
