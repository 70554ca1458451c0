"""How scores, availability, budgets and changes are worded; the same in every rendering."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from auditor.domain.change import Change
from auditor.domain.instants import EPOCH
from auditor.domain.report import Report
from auditor.domain.rollup import Counts
from auditor.domain.score import FORMULA, Gain, Score
from auditor.domain.slo import LEAST_BAD_EVENTS, Availability, Burning, BurnRate, ErrorBudget, ServiceLevel
from auditor.render.wording import age_text, counted, percent_text

LEVELS_SHOWN = 50
"""Services with a row of their own, the smallest budget first; report.json holds all of them."""
NAMED = 20
"""Problems and findings that a list of changes names."""
TREND_POINTS = 90
GAINS_SHOWN = 20
RESULTS_NAMED = 5
"""Of those that a gain is made of."""

LEVELS_NOTE = (
    "Availability is good of valid events; an event is one critical target in one slot. What was unknown, laid to the "
    "auditor, in planned maintenance or skipped is no valid event: it is shown and counts neither way. Nothing is "
    "extrapolated: a window says how much of it was seen. It begins at the first whole hour inside it, from 7 d on at "
    "the first whole UTC day."
)
BUDGET_NOTE = (
    "Error budget = (1 − objective) × window; used = bad events × covered minutes / events. Burn rate = share of bad "
    "events / (1 − objective); a pair burns when both windows reach its factor and at least "
    f"{LEAST_BAD_EVENTS} events in the long one were bad."
)


def score_number(value: float) -> str:
    """One decimal, rounded down: only what is complete is called 100."""
    return f"{math.floor(round(value, 6) * 10) / 10:g}"


def score_text(score: Score) -> str:
    """The score in one sentence."""
    return f"Score {score_number(score.value)} of 100." if score.value is not None else "No score: nothing was judged."


def formula_text(score: Score) -> str:
    """The formula and this report's numbers in it."""
    if score.value is None:
        return f"{FORMULA} Here nothing was judged."
    earned = f"Here 100 × {score.earned:,g} / {score.possible:,} = {score_number(100 * score.earned / score.possible)}"
    return f"{FORMULA} {earned}, at most {score_number(score.cap)}."


def gain_text(gain: Gain) -> str:
    """What a fix is of, and what it would give."""
    given = f"{'' if gain.points < 0.05 else '+'}{score_number(gain.points)}"
    return f"{given} from {counted(len(gain.result_ids), 'result')}"


def availability_text(percent: float | None) -> str:
    """Three decimals, rounded down: only what is complete is called 100 %."""
    return "–" if percent is None else f"{math.floor(round(percent, 9) * 1000) / 1000:g} %"


def minutes_text(minutes: float) -> str:
    """A time in its two largest units."""
    return age_text(EPOCH, EPOCH + timedelta(minutes=minutes)) or "0 min"


def seen_text(window: Availability) -> str:
    """How much of a window was seen, in percent rounded down; empty when all of it was."""
    if window.covered_minutes >= window.minutes:
        return ""
    percent = 100 * window.covered_minutes // window.minutes
    return f"{percent} % seen" if percent else "under 1 % seen"


def covered_text(window: Availability) -> str:
    """How much of a window was seen, as times."""
    if window.covered_minutes >= window.minutes:
        return f"all {minutes_text(window.minutes)}"
    return f"{minutes_text(window.covered_minutes)} of {minutes_text(window.minutes)}"


def excluded_text(counts: Counts) -> str:
    """The events that are not valid, by reason."""
    reasons = (
        (counts.unknown, "unknown"),
        (counts.vantage, "laid to the auditor"),
        (counts.maintenance, "in maintenance"),
        (counts.skipped, "skipped"),
    )
    return ", ".join(f"{number:,} {reason}" for number, reason in reasons if number) or "none"


def missed(window: Availability, level: ServiceLevel) -> bool:
    """Whether the objective was missed in a window."""
    return window.percent is not None and window.percent < level.objective_percent


def left_text(budget: ErrorBudget) -> str:
    """What is left of the budget as a share; negative when it is overspent."""
    return f"{percent_text(budget.left_percent)} left"


def used_text(budget: ErrorBudget) -> str:
    """What was used of the budget, in time."""
    used, allowed = minutes_text(budget.used_minutes), minutes_text(budget.allowed_minutes)
    return f"{used} of {allowed} used in {budget.window}"


def burning_text(level: ServiceLevel) -> str:
    """The fastest pair of burn rates that burns and the windows of the others; otherwise what is said instead."""
    burning = [rate for rate in level.burn_rates if rate.burning is Burning.YES]
    if burning:
        also = f", also over {' and '.join(rate.long_window for rate in burning[1:])}" if burning[1:] else ""
        return f"burning {rate_text(burning[0].long_rate)} over {burning[0].long_window}{also}"
    first = next((rate.burning for rate in level.burn_rates if rate.burning is not Burning.NO), Burning.NO)
    return str(first)


def rate_text(rate: float | None) -> str:
    """A burn rate: ``14.4×``."""
    return "–" if rate is None else f"{rate:,.1f}×"


def pair_text(rate: BurnRate) -> str:
    """The two windows and the factor."""
    return f"{rate.long_window} and {rate.short_window}, from {rate.factor:g}×"


def levels_shown(levels: Sequence[ServiceLevel]) -> tuple[list[ServiceLevel], str]:
    """Those that get a row, the smallest budget first, and the sentence about the others."""
    ordered = sorted(levels, key=lambda level: (level.budget.left_percent, level.service))
    more = len(ordered) - LEVELS_SHOWN
    said = f"{counted(more, 'more service')}: report.json holds all of them." if more > 0 else ""
    return ordered[:LEVELS_SHOWN], said


def points_text(points: float) -> str:
    """A signed difference."""
    return f"{points:+.1f}".replace("-", "−")


def change_lines(change: Change, report: Report) -> list[str]:
    """What changed, a sentence each; one that says so when nothing did."""
    titles = {line.id: line.title or line.id for line in report.services}
    lines = []
    if change.score_points is not None and abs(change.score_points) >= 0.05 and report.score and report.score.value:
        lines.append(f"Score {points_text(change.score_points)}, now {score_number(report.score.value)}")
    lines += [f"{titles.get(c.service, c.service)}: {c.before} before, {c.after} now" for c in change.services]
    for title, names in (
        ("New problems", change.new_problems),
        ("Gone problems", change.gone_problems),
        ("New findings", change.new_findings),
        ("Gone findings", change.gone_findings),
    ):
        if names:
            more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
            lines.append(f"{title} ({len(names):,}): {', '.join(names[:NAMED])}{more}")
    moved = [f"{titles.get(id, id)} {points_text(points)}" for id, points in change.availability_points.items()]
    moved = [text for text in moved if not text.endswith(("+0.0", "−0.0"))]
    if moved:
        lines.append(f"Availability over 24 h, in points: {', '.join(moved[:NAMED])}")
    return lines or ["Nothing changed"]


def trend_label(begin: datetime, hours: int) -> str:
    """The day or the hour of a point of the trend."""
    return f"{begin:%Y-%m-%d}" if hours == 24 else f"{begin:%Y-%m-%d %H:%M}"
