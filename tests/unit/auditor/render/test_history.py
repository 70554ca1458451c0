"""What the past adds to the report, in HTML and in Markdown: the same numbers, and what was not seen beside them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.change import Change
from auditor.domain.report import Report
from auditor.render.history_words import (
    LEVELS_SHOWN,
    availability_text,
    covered_text,
    minutes_text,
    points_text,
    score_number,
    seen_text,
)
from auditor.render.report_html import render_html
from auditor.render.report_json import parse_json, render_json
from auditor.render.report_markdown import render_markdown
from auditor.render.report_text import render_text

Read = Callable[[str], Any]


def rows_of(section: Any, table: int = 0) -> list[list[str]]:
    found = section.all("table")[table].all("tr")[1:]
    return [[cell.text for cell in row.children] for row in found]


def test_the_sections_stand_where_they_are_looked_for(with_past: Report, read_html: Read) -> None:
    root = read_html(render_html(with_past))
    sections = [node.attributes["id"] for node in root.all("section")]
    assert sections[sections.index("unseen") :][:7] == [
        "unseen", "since", "services", "levels", "score", "trend", "response-times",
    ]  # fmt: skip
    assert "Score 62.5 of 100." in root.all("header")[0].text


def test_without_a_past_there_are_no_such_sections(healthy: Report, read_html: Read) -> None:
    root = read_html(render_html(healthy))
    assert all(root.id(name) is None for name in ("since", "levels", "score", "trend"))
    markdown = render_markdown(healthy)
    assert not any(f"## {title}" in markdown for title in ("Since", "Availability", "Score", "Trend"))


def test_the_smallest_budget_comes_first_and_says_what_was_seen(with_past: Report, read_html: Read) -> None:
    levels = read_html(render_html(with_past)).id("levels")
    assert rows_of(levels) == [
        [
            "Orders database",
            "99.9 %",
            "✕ 50 %",
            "✕ 97.692 %96 % seen",
            "✕ 99.255 %10 % seen",
            "–under 1 % seen",
            "30.5 % left30 min of 43 min 12 s used in 30d",
            "✕ burning 500.0× over 1h",
        ],
        [
            "Web site",
            "99.9 %",
            "100 %",
            "100 %96 % seen",
            "100 %10 % seen",
            "–under 1 % seen",
            "100 % left0 min of 43 min 12 s used in 30d",
            "too little history to say",
        ],
    ]
    assert rows_of(levels, 1)[0] == ["Orders database", "42.0 ms", "120 ms", "1.31 s", "1,230"]


def test_the_events_behind_a_percentage_are_shown_with_what_is_excluded(with_past: Report, read_html: Read) -> None:
    counts = rows_of(read_html(render_html(with_past)).id("levels"), 2)
    day = ["Orders database", "24h", "1,270", "30", "7", "3", "60", "0", "22 h 50 min of 23 h 44 min"]
    assert counts[1] == day
    assert counts[0][-1] == "all 1 h"
    assert "| 1,270 | 30 | 7 unknown, 3 laid to the auditor, 60 in maintenance |" in render_markdown(with_past)


def test_the_score_is_printed_with_its_formula_its_cap_and_what_a_fix_gives(with_past: Report, read_html: Read) -> None:
    score = read_html(render_html(with_past)).id("score")
    for said in ("Score 62.5 of 100.", "Coverage 94.4 %", "Here 100 × 40 / 64 = 62.5, at most 75."):
        assert said in score.text
        assert said in render_markdown(with_past)
    assert rows_of(score)[0][:2] == ["rds.main root", "+23.2 from 2 results"]
    *services, total = rows_of(score, 1)
    assert services == [["Web site", "24", "32"], ["Orders database", "16", "32"]]
    assert total == ["All", "40", "64"]


def test_nothing_judged_is_no_score(with_past: Report) -> None:
    assert with_past.score is not None
    blind = replace(with_past, score=replace(with_past.score, value=None, earned=0.0, possible=0, gains=()))
    for document in (render_html(blind), render_markdown(blind), render_text(blind)):
        assert "No score: nothing was judged." in document


def test_the_change_names_what_turned_bad_and_what_is_gone(with_past: Report, read_html: Read) -> None:
    said = [item.text for item in read_html(render_html(with_past)).id("since").all("li")]
    assert said == [
        "Score −37.5, now 62.5",
        "Orders database: HEALTHY before, DOWN now",
        "New problems (1): orders-db.main database.reachable",
        "Gone findings (1): site.home tls.expires",
        "Availability over 24 h, in points: Orders database −2.3",
    ]
    markdown = render_markdown(with_past)
    assert "Compared with 2026-11-23 16:00:00 UTC" in markdown
    assert "- Orders database: HEALTHY before, DOWN now" in markdown


def test_no_change_says_so(with_past: Report, read_html: Read) -> None:
    same = Change(
        since=with_past.as_of - timedelta(hours=1),
        score_points=0.0,
        services=(),
        new_problems=(),
        gone_problems=(),
        new_findings=(),
        gone_findings=(),
        availability_points={"site": 0.001},
    )
    root = read_html(render_html(replace(with_past, change=same)))
    assert [item.text for item in root.id("since").all("li")] == ["Nothing changed"]


def test_the_trend_has_a_bar_for_each_score_and_a_row_for_each_point(with_past: Report, read_html: Read) -> None:
    trend = read_html(render_html(with_past)).id("trend")
    bars = [(rect.attributes["x"], rect.attributes["height"]) for rect in trend.all("rect")]
    assert bars == [("0", "99.6"), ("2", "50.0")]
    assert rows_of(trend) == [
        ["2026-11-23 15:00", "hour", "50", "75 %"],
        ["2026-11-22", "day", "–", "–"],
        ["2026-11-21", "day", "99.6", "99.987 %"],
    ]


def test_a_platform_of_many_services_shows_the_worst_and_counts_the_rest(with_past: Report, read_html: Read) -> None:
    levels = tuple(
        replace(with_past.levels[0], service=f"s{n:03}", budget=replace(with_past.levels[0].budget, left_percent=n))
        for n in range(LEVELS_SHOWN + 7)
    )
    root = read_html(render_html(replace(with_past, levels=levels[::-1])))
    shown = rows_of(root.id("levels"))
    assert [row[0] for row in shown] == [f"s{n:03}" for n in range(LEVELS_SHOWN)]
    assert "7 more services: report.json holds all of them." in root.id("levels").text


def test_an_overspent_budget_stands_out(with_past: Report, read_html: Read) -> None:
    spent = replace(with_past.levels[1].budget, left_percent=-120.0, used_minutes=95.0)
    report = replace(with_past, levels=(replace(with_past.levels[1], budget=spent),))
    (row,) = rows_of(read_html(render_html(report)).id("levels"))
    assert row[-2] == "✕ -120 % left1 h 35 min of 43 min 12 s used in 30d"


def test_json_holds_all_of_it(with_past: Report) -> None:
    assert parse_json(render_json(with_past)) == with_past


@pytest.mark.parametrize(
    ("percent", "said"), [(None, "–"), (100.0, "100 %"), (99.99999, "99.999 %"), (99.9, "99.9 %"), (0.0, "0 %")]
)
def test_only_what_is_complete_is_called_a_hundred_percent(percent: float | None, said: str) -> None:
    assert availability_text(percent) == said


def test_numbers_in_words(with_past: Report) -> None:
    assert score_number(99.99) == "99.9"
    assert minutes_text(0) == "0 min"
    assert minutes_text(43.2) == "43 min 12 s"
    assert points_text(3.14159) == "+3.1"
    hour, *_, quarter = with_past.levels[1].windows
    assert (seen_text(hour), covered_text(hour)) == ("", "all 1 h")
    assert (seen_text(quarter), covered_text(quarter)) == ("under 1 % seen", "5 min of 89 d 14 h")
