"""What the past adds to the HTML report: change, availability and error budget, score, trend."""

from collections.abc import Sequence

from auditor.domain.history import TrendPoint
from auditor.domain.report import Report
from auditor.domain.slo import Availability, Burning, ServiceLevel
from auditor.render.history_words import (
    BUDGET_NOTE,
    GAINS_SHOWN,
    LEVELS_NOTE,
    RESULTS_NAMED,
    TREND_POINTS,
    availability_text,
    burning_text,
    change_lines,
    covered_text,
    formula_text,
    gain_text,
    left_text,
    levels_shown,
    missed,
    pair_text,
    rate_text,
    score_number,
    score_text,
    seen_text,
    trend_label,
    used_text,
)
from auditor.render.html_parts import code, moment, section, service_title
from auditor.render.markup import Child, Html, Row, element, folded, join, table
from auditor.render.wording import instant_text, milliseconds_text, percent_text


def since_last(report: Report) -> Html | None:
    """What changed since the last report that was kept."""
    if report.change is None:
        return None
    lines = element("ul", *(element("li", line) for line in change_lines(report.change, report)), class_="notes")
    return section("since", "Since the last report", element("p", "Compared with ", moment(report.change.since)), lines)


def levels(report: Report) -> Html | None:
    """Every service against its objective, with what was counted folded under it."""
    if not report.levels:
        return None
    shown, more = levels_shown(report.levels)
    windows = [f"{window.window}#" for window in shown[0].windows]
    rows = [_level(level, report) for level in shown]
    columns = ("Service", "Objective#", *windows, "Error budget", "Burn rate")
    parts: list[Child] = [table("Availability by window, and what is left to fail", columns, (rows,), kind="levels")]
    if more:
        parts.append(element("p", more, class_="soft"))
    if slow := _latencies(shown, report):
        parts.append(slow)
    parts.append(folded("Events behind the availability", element("p", LEVELS_NOTE), _counts(shown, report)))
    parts.append(folded("Burn rates", element("p", BUDGET_NOTE), _burn_rates(shown, report)))
    return section("levels", "Availability and error budget", *parts)


def _level(level: ServiceLevel, report: Report) -> Row:
    burning = any(rate.burning is Burning.YES for rate in level.burn_rates)
    left = left_text(level.budget)
    budget = element("span", f"✕ {left}", class_="bad") if level.budget.left_percent <= 0 else join(left)
    said = burning_text(level)
    return Row(
        cells=(
            service_title(report, level.service),
            f"{level.objective_percent:g} %",
            *(_window(window, level) for window in level.windows),
            join(budget, element("span", used_text(level.budget), class_="seen")),
            element("span", f"✕ {said}", class_="burning") if burning else said,
        )
    )


def _window(window: Availability, level: ServiceLevel) -> Html:
    percent = availability_text(window.percent)
    written = element("span", f"✕ {percent}", class_="bad") if missed(window, level) else percent
    seen = seen_text(window)
    return join(written, element("span", seen, class_="seen")) if seen else join(written)


def _counts(shown: Sequence[ServiceLevel], report: Report) -> Html:
    columns = ("Service", "Window", "Good#", "Bad#", "Unknown#", "Auditor's#", "Maintenance#", "Skipped#", "Seen")
    groups = []
    for level in shown:
        rows = []
        for window in level.windows:
            seen = window.counts
            numbers = (seen.good, seen.failed, seen.unknown, seen.vantage, seen.maintenance, seen.skipped)
            title = service_title(report, level.service)
            rows.append(Row(cells=(title, window.window, *(f"{number:,}" for number in numbers), covered_text(window))))
        groups.append(rows)
    return table("Events of critical targets by window", columns, groups)


def _burn_rates(shown: Sequence[ServiceLevel], report: Report) -> Html:
    rows = [
        Row(
            cells=(
                service_title(report, level.service),
                pair_text(rate),
                rate_text(rate.long_rate),
                rate_text(rate.short_rate),
                f"{rate.bad_events:,}",
                str(rate.burning),
            )
        )
        for level in shown
        for rate in level.burn_rates
    ]
    columns = ("Service", "Windows", "Long#", "Short#", "Bad events#", "Says")
    return table("How many times faster than allowed the budget is used", columns, (rows,))


def _latencies(shown: Sequence[ServiceLevel], report: Report) -> Html | None:
    rows = [
        Row(
            cells=(
                service_title(report, level.service),
                milliseconds_text(level.latency.p50),
                milliseconds_text(level.latency.p95),
                milliseconds_text(level.latency.p99),
                f"{level.latency.total:,}",
            )
        )
        for level in shown
        if level.latency
    ]
    columns = ("Service", "p50#", "p95#", "p99#", "Good events#")
    return table("Response times of the last 24 h, in closed hours, within 1 %", columns, (rows,)) if rows else None


def score(report: Report) -> Html | None:
    """The score by its formula, where it is lost, and what each fix would give."""
    if report.score is None:
        return None
    parts: list[Child] = [
        element("p", score_text(report.score), " Coverage ", percent_text(report.coverage_percent), " of checks."),
        element("p", formula_text(report.score), class_="soft"),
    ]
    if report.score.gains:
        rows = [
            Row(
                cells=(
                    join(code(gain.fix), element("span", " root" if gain.root else " target", class_="soft")),
                    gain_text(gain),
                    element("ul", *(element("li", code(id)) for id in gain.result_ids[:RESULTS_NAMED]), class_="ids"),
                )
            )
            for gain in report.score.gains[:GAINS_SHOWN]
        ]
        caption = "What mending would give, in points, when nothing else changes"
        parts.append(table(caption, ("Mend", "Points", f"Results (the first {RESULTS_NAMED})"), (rows,)))
    rows = [
        Row(cells=(service_title(report, share.service), f"{share.earned:,g}", f"{share.possible:,}"))
        for share in report.score.services
    ]
    foot = Row(cells=("All", f"{report.score.earned:,g}", f"{report.score.possible:,}"))
    sums = table("Weights by service", ("Service", "Earned#", "Possible#"), (rows,), foot=foot)
    parts.append(folded("Weights by service", sums))
    return section("score", "Score", *parts)


def trend(report: Report) -> Html | None:
    """The score over the closed days, and the hours of today."""
    points = report.trend[-TREND_POINTS:]
    if not points:
        return None
    rows = [
        Row(
            cells=(
                trend_label(point.begin, point.hours),
                "day" if point.hours == 24 else "hour",
                "–" if point.score is None else score_number(point.score),
                availability_text(point.availability_percent),
            )
        )
        for point in reversed(points)
    ]
    numbers = table("Mean score and availability", ("Begin (UTC)", "Of", "Score#", "Availability#"), (rows,))
    first, last = (instant_text(point.begin) for point in (points[0], points[-1]))
    caption = element("p", f"Mean score of {len(points):,} closed days and hours, from {first} to {last}; 0 to 100.")
    return section("trend", "Trend", caption, _bars(points), folded("The numbers", numbers))


def _bars(points: Sequence[TrendPoint]) -> Html:
    """One bar a point. Decoration: the table under it says the same."""
    bars = [
        f'<rect class="trend" x="{number}" y="{100 - point.score:.1f}" width="0.8" height="{point.score:.1f}"/>'
        for number, point in enumerate(points)
        if point.score is not None
    ]
    return Html(
        f'<svg class="trend" viewBox="0 0 {max(len(points), 30)} 100" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(bars)}</svg>"
    )
