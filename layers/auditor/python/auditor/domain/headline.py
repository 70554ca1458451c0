"""The state of the platform in one sentence or three."""

from collections.abc import Sequence

from auditor.domain.report import CoverageGap, Problem, ServiceLine
from auditor.domain.result import Status
from auditor.domain.verdict import Verdict


def headline(services: Sequence[ServiceLine], problems: Sequence[Problem], gaps: Sequence[CoverageGap]) -> str:
    """The state of the platform in plain words; it calls healthy only what was seen."""
    by_verdict = {v: [s for s in services if s.verdict is v] for v in Verdict}
    broken = by_verdict[Verdict.DOWN] + by_verdict[Verdict.DEGRADED]
    if broken:
        own = [problem for problem in problems if not problem.victim_of and problem.status == Status.FAIL] or [
            problem for problem in problems if not problem.victim_of
        ]
        told = [f"{s.title} is {s.verdict}" for s in broken if s.at_fault or not s.victim_of]
        victims = [s.title for s in broken if s.victim_of and not s.at_fault]
        text = ("; ".join(told) or "; ".join(f"{s.title} is {s.verdict}" for s in broken)) + "."
        if own:
            text += f" {own[0].summary.rstrip('.')}."
        if victims:
            text += f" Failing because of it: {', '.join(victims)}."
        return text
    if by_verdict[Verdict.UNKNOWN]:
        names = ", ".join(s.title for s in by_verdict[Verdict.UNKNOWN])
        return f"No outage was seen, but the auditor cannot tell whether {names} works."
    healthy = len(by_verdict[Verdict.HEALTHY])
    if not healthy:
        return "Nothing is deployed that could be judged."
    unseen = len({gap.target for gap in gaps})
    if unseen:
        return f"{healthy} deployed services are healthy as far as was seen; {unseen} targets were not seen in full."
    return f"All {healthy} deployed services are healthy."
