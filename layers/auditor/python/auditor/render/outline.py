"""What a reader must see first: a report's problems arranged into roots with their victims, and what is left over."""

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.domain.report import Problem, Report, ServiceLine, TargetLine
from auditor.domain.result import Severity, Status
from auditor.domain.verdict import Verdict
from auditor.render.wording import counted

_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something wrong of its own: a target, its failing results, and the results that fail only because of it.

    Without problems the verdict stands from an earlier run, and the latest run could not confirm or clear it.
    """

    target: str
    line: TargetLine | None
    service: ServiceLine | None
    problems: tuple[Problem, ...]
    victims: tuple[Problem, ...]

    @property
    def victim_targets(self) -> tuple[str, ...]:
        """The ids of the targets that fail because of this one, once each."""
        return tuple(dict.fromkeys(victim.target for victim in self.victims))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Every problem of a report in the one place where it belongs (a victim of two roots stands under both)."""

    troubles: tuple[Trouble, ...]
    unexplained_victims: tuple[Problem, ...]
    """Victims of targets that are no trouble in this report: shown, but not as causes."""
    warnings: tuple[Problem, ...]
    findings: tuple[Problem, ...]
    all_clear: str
    """What may be said when nothing is wrong; empty when something is."""

    @property
    def wrong(self) -> bool:
        """Whether something fails."""
        return bool(self.troubles or self.unexplained_victims)


def outline(report: Report) -> Outline:
    """The report's problems arranged for reading; the order of the report's own lists changes nothing."""
    problems = sorted(report.problems, key=_problem_order)
    services = {service.id: service for service in report.services}
    lines = {line.id: (line, service) for service in report.services for line in service.targets}
    own = [problem for problem in problems if not problem.victim_of]
    failing: dict[str, list[Problem]] = {}
    for problem in own:
        if problem.status == Status.FAIL and problem.severity is not Severity.ADVISORY:
            failing.setdefault(problem.target, []).append(problem)
    for target in _remembered(lines.values(), {problem.target for problem in problems}):
        failing[target] = []
    victims: dict[str, list[Problem]] = {}
    unexplained = []
    for problem in problems:
        if problem.victim_of:
            roots = [target for target in problem.victim_of if target in failing]
            for root in roots:
                victims.setdefault(root, []).append(problem)
            if not roots:
                unexplained.append(problem)
    troubles = []
    for target, group in failing.items():
        line, service = lines.get(target, (None, None))
        if service is None and group:
            service = services.get(group[0].service)
        troubles.append(
            Trouble(
                target=target,
                line=line,
                service=service,
                problems=tuple(group),
                victims=tuple(victims.get(target, ())),
            )
        )
    return Outline(
        troubles=tuple(sorted(troubles, key=_trouble_order)),
        unexplained_victims=tuple(unexplained),
        warnings=tuple(p for p in own if p.status != Status.FAIL and p.severity is not Severity.ADVISORY),
        findings=tuple(p for p in own if p.severity is Severity.ADVISORY),
        all_clear="" if failing or unexplained else _all_clear(report),
    )


def _remembered(lines: Iterable[tuple[TargetLine, ServiceLine]], explained: set[str]) -> list[str]:
    """Targets whose bad verdict no problem of this report explains; saying nothing of them would hide an outage."""
    return [line.id for line, _ in lines if line.verdict.bad and line.id not in explained]


def _problem_order(problem: Problem) -> tuple[int, str, str, str, str]:
    severity = -_SEVERITIES.index(problem.severity)
    return (severity, problem.service, problem.target, problem.check, problem.result_id)


def _trouble_order(trouble: Trouble) -> tuple[bool, bool, int, int, str]:
    worst = max((_SEVERITIES.index(problem.severity) for problem in trouble.problems), default=-1)
    line = trouble.line
    return (
        line is None or line.verdict is not Verdict.DOWN,
        line is None or not line.critical,
        -worst,
        -len(trouble.victims),
        trouble.target,
    )


def _all_clear(report: Report) -> str:
    """Only what was seen is called healthy, and a bad verdict is never talked away."""
    bad = [service for service in report.services if service.verdict.bad]
    if report.verdict.bad or bad:
        return ""
    targets = [line for service in report.services for line in service.targets]
    if not targets:
        return "Nothing was seen: the catalogue lists no target, so nothing is called healthy."
    healthy = sum(line.verdict is Verdict.HEALTHY for line in targets)
    unseen = sum(line.verdict is Verdict.UNKNOWN for line in targets)
    absent = len(targets) - healthy - unseen
    if not healthy:
        said = "Nothing was seen that is wrong, and nothing was seen that is healthy."
    else:
        said = f"Nothing that was seen is wrong: {counted(healthy, 'target')} healthy."
    if unseen:
        said += f" {counted(unseen, 'target')} could not be judged and may be in any state."
    if absent:
        said += f" {counted(absent, 'target')} declared not deployed."
    return said
