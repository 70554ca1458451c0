"""A page about thousands of targets stays readable: what it leaves out is counted, and the counts add up."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from auditor.domain.report import Report
from auditor.render.bounds import BAD_TARGETS, CARDS, NAMED, TARGETS, VICTIMS, named
from auditor.render.report_html import render_html
from auditor.render.report_json import parse_json, render_json
from auditor.render.report_markdown import render_markdown

Make = Callable[[int], Report]
MANY = 3000
DOWN = MANY // 50


@pytest.fixture(scope="module")
def many(platform_with: Make) -> Report:
    return platform_with(MANY)


@pytest.fixture(scope="module")
def chained(many: Report) -> Report:
    """Every failing target but the first thirty fails because of each of those."""
    roots = tuple(problem.target for problem in many.problems[:30])
    victims = tuple(replace(problem, victim_of=roots) for problem in many.problems[30:])
    return replace(many, problems=(*many.problems[:30], *victims))


def test_the_cards_end_and_the_rest_is_counted(many: Report) -> None:
    html = render_html(many)
    assert len(re.findall('<article class="card down">', html)) == CARDS
    assert f"{DOWN - CARDS} more failing targets: report.json holds all of them." in html
    text = render_markdown(many)
    assert text.count("- Check: http.status_expected") == CARDS
    assert f"{DOWN - CARDS} more failing targets: report.json holds all of them." in text


def test_a_roots_victims_end_and_the_rest_is_counted(chained: Report) -> None:
    rest = f"{DOWN - 30 - VICTIMS} more failing checks: report.json holds all of them."
    for text in (render_html(chained), render_markdown(chained)):
        assert text.count(rest) == 30
    assert len(render_html(chained)) < 2_000_000


def test_healthy_targets_of_a_very_large_platform_are_counted(many: Report) -> None:
    html = render_html(many)
    rows = len(re.findall('<tr role="row" class="target">', html))
    counted = re.findall(r"</span> (\d+) targets? <", html) + re.findall(r"</span> (\d+) targets? –", html)
    assert rows == DOWN
    assert rows + sum(map(int, counted)) == MANY


def test_bad_targets_of_one_service_end_and_are_counted(many: Report, platform_with: Make) -> None:
    worst = platform_with(50).services[-1].targets[-1]
    bad = tuple(replace(worst, id=f"bad-{n}") for n in range(BAD_TARGETS + 7))
    html = render_html(replace(many, services=(replace(many.services[0], targets=bad), *many.services[1:])))
    assert [f"bad-{n}" in html for n in (0, BAD_TARGETS - 1, BAD_TARGETS)] == [True, True, False]
    assert "7 targets – report.json lists them." in html


def test_probes_and_result_ids_are_counted(many: Report) -> None:
    html = render_html(many)
    assert f"{MANY - TARGETS:,} more probes: report.json holds all of them." in html
    assert f"{MANY * 5:,} result ids: report.json lists them by target." in html
    assert f"{MANY - TARGETS:,} more probes: report.json holds all of them." in render_markdown(many)


def test_report_json_leaves_nothing_out(many: Report) -> None:
    assert parse_json(render_json(many)) == many


@pytest.mark.parametrize(
    ("ids", "said"), [(("a",), "a"), (tuple("abc"), "a, b, c"), (tuple("abcde"), "a, b, c and 2 more")]
)
def test_ids_in_a_sentence(ids: str, said: str) -> None:
    assert NAMED == 3
    assert named(tuple(ids)) == said
