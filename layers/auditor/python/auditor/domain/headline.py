"""The state of the platform in one sentence or three."""

from collections.abc import Sequence

from auditor.domain.report import CoverageGap, Problem, RootCause, ServiceLine
from auditor.domain.result import Status
from auditor.domain.verdict import Verdict

_ROOTS_TOLD = 2


def headline(
    services: Sequence[ServiceLine],
    problems: Sequence[Problem],
    gaps: Sequence[CoverageGap],
    roots: Sequence[RootCause],
) -> str:
    """The state of the platform in plain words; it calls healthy only what was seen."""
    by_verdict = {v: [s for s in services if s.verdict is v] for v in Verdict}
    broken = by_verdict[Verdict.DOWN] + by_verdict[Verdict.DEGRADED]
    if broken:
        return _outage(broken, problems, roots)
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


def _outage(broken: Sequence[ServiceLine], problems: Sequence[Problem], roots: Sequence[RootCause]) -> str:
    """Who is down, the roots or else the first failure, and who fails because of it."""
    victims = [s for s in broken if not s.at_fault and (s.victim_of or _explained_elsewhere(s, problems, roots))]
    told = [s for s in broken if s not in victims] or broken
    text = "; ".join(f"{s.title} is {s.verdict}" for s in told) + "."
    own = [problem for problem in problems if not problem.victim_of]
    if roots:
        text += "".join(f" {root.statement.rstrip('.')}." for root in roots[:_ROOTS_TOLD])
        if len(roots) > _ROOTS_TOLD:
            text += f" And {len(roots) - _ROOTS_TOLD} more roots."
    elif own:
        text += f" {next((p for p in own if p.status == Status.FAIL), own[0]).summary.rstrip('.')}."
    if victims and told is not broken:
        text += f" Failing because of it: {', '.join(s.title for s in victims)}."
    return text


def _explained_elsewhere(service: ServiceLine, problems: Sequence[Problem], roots: Sequence[RootCause]) -> bool:
    """Whether roots in other services explain all that fails of a service."""
    failing = {p.result_id for p in problems if p.service == service.id and p.status == Status.FAIL}
    others = {id for root in roots if root.service != service.id for id in root.explains}
    return bool(failing) and failing <= others
