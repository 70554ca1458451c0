"""The digest of a report, which the next ones are compared with."""

from collections.abc import Iterable

from auditor.domain.change import ReportDigest
from auditor.domain.history import DAY, window_name
from auditor.domain.report import Problem, Report
from auditor.domain.result import Severity


def digest_of(report: Report) -> ReportDigest:
    """What is remembered of a report."""
    day = window_name(DAY)
    return ReportDigest(
        as_of=report.as_of,
        score=report.score.value if report.score else None,
        services={line.id: line.verdict for line in report.services},
        problems=_names(problem for problem in report.problems if problem.severity is not Severity.ADVISORY),
        findings=_names(problem for problem in report.problems if problem.severity is Severity.ADVISORY),
        availability_percent={
            level.service: next(window.percent for window in level.windows if window.window == day)
            for level in report.levels
        },
    )


def _names(problems: Iterable[Problem]) -> tuple[str, ...]:
    return tuple(sorted(f"{problem.target} {problem.check}" for problem in problems))
