"""What the past adds to the Markdown report: change, availability and error budget, score, trend."""

from collections.abc import Sequence

from auditor.domain.report import Report
from auditor.domain.slo import Availability, ServiceLevel
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
    excluded_text,
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
from auditor.render.markdown_text import plain, table
from auditor.render.wording import instant_text, milliseconds_text, percent_text


def since_last(report: Report) -> list[str]:
    """What changed since the last report that was kept."""
    if report.change is None:
        return []
    lines = [f"- {plain(line)}" for line in change_lines(report.change, report)]
    return ["## Since the last report", "", f"Compared with {instant_text(report.change.since)}:", "", *lines, ""]


def levels(report: Report) -> list[str]:
    """Every service against its objective."""
    if not report.levels:
        return []
    shown, more = levels_shown(report.levels)
    titles = {line.id: plain(line.title or line.id) for line in report.services}
    rows = [
        (
            titles.get(level.service, plain(level.service)),
            f"{level.objective_percent:g} %",
            *(_window(window, level) for window in level.windows),
            f"{left_text(level.budget)}: {used_text(level.budget)}",
            burning_text(level),
        )
        for level in shown
    ]
    windows = [f"{window.window}#" for window in shown[0].windows]
    lines = ["## Availability and error budget", ""]
    lines += table(("Service", "Objective#", *windows, "Error budget", "Burn rate"), rows)
    lines += [more, ""] if more else []
    excluded = [
        (
            titles.get(level.service, plain(level.service)),
            window.window,
            f"{window.counts.good:,}",
            f"{window.counts.failed:,}",
            excluded_text(window.counts),
            covered_text(window),
        )
        for level in shown
        for window in level.windows
    ]
    lines += table(("Service", "Window", "Good#", "Bad#", "Excluded", "Seen"), excluded)
    burning = [
        (
            titles.get(level.service, plain(level.service)),
            pair_text(rate),
            rate_text(rate.long_rate),
            rate_text(rate.short_rate),
            f"{rate.bad_events:,}",
            str(rate.burning),
        )
        for level in shown
        for rate in level.burn_rates
    ]
    lines += table(("Service", "Burn rate over", "Long#", "Short#", "Bad events#", "Says"), burning)
    return [*lines, *_latencies(shown, titles), f"- {LEVELS_NOTE}", f"- {BUDGET_NOTE}", ""]


def _window(window: Availability, level: ServiceLevel) -> str:
    seen = seen_text(window)
    mark = "✕ " if missed(window, level) else ""
    return f"{mark}{availability_text(window.percent)}{f' ({seen})' if seen else ''}"


def _latencies(shown: list[ServiceLevel], titles: dict[str, str]) -> list[str]:
    rows = [
        (
            titles.get(level.service, plain(level.service)),
            milliseconds_text(level.latency.p50),
            milliseconds_text(level.latency.p95),
            milliseconds_text(level.latency.p99),
            f"{level.latency.total:,}",
        )
        for level in shown
        if level.latency
    ]
    return table(("Response times, 24 h", "p50#", "p95#", "p99#", "Good events#"), rows) if rows else []


def score(report: Report) -> list[str]:
    """The score by its formula, and what each fix would give."""
    if report.score is None:
        return []
    lines = ["## Score", "", f"{score_text(report.score)} Coverage {percent_text(report.coverage_percent)} of checks."]
    lines += ["", formula_text(report.score), ""]
    if report.score.gains:
        rows = [
            (
                plain(gain.fix),
                "root" if gain.root else "target",
                gain_text(gain),
                ", ".join(map(plain, gain.result_ids)),
            )
            for gain in report.score.gains[:GAINS_SHOWN]
        ]
        lines += table(("Mend", "Which is a", "Points", "Results"), rows)
    return lines


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - RESULTS_NAMED:,} more" if len(ids) > RESULTS_NAMED else ""
    return ", ".join(map(plain, ids[:RESULTS_NAMED])) + more


def trend(report: Report) -> list[str]:
    """The score over the closed days, and the hours of today; the newest first."""
    points = report.trend[-TREND_POINTS:]
    if not points:
        return []
    rows = [
        (
            trend_label(point.begin, point.hours),
            "day" if point.hours == 24 else "hour",
            "–" if point.score is None else score_number(point.score),
            availability_text(point.availability_percent),
        )
        for point in reversed(points)
    ]
    return ["## Trend", "", *table(("Begin (UTC)", "Of", "Score#", "Availability#"), rows)]
