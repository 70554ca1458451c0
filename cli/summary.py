"""A report in a few lines for a terminal."""

from typing import TextIO

from auditor.domain.instants import format_instant
from auditor.domain.report import Problem, Report


def print_summary(report: Report, out: TextIO) -> None:
    """Prints verdict, services, what is wrong and why, and what could not be seen."""
    print(f"\n{report.platform} ({report.stage}) as of {format_instant(report.as_of)}", file=out)
    if report.seconds_per_minute is not None:
        print(f"Simulated time: one minute took {report.seconds_per_minute:g} s.", file=out)
    print(f"{report.verdict}: {report.headline}", file=out)
    judged = f"{report.critical_targets_judged} of {report.critical_targets} critical targets judged"
    print(f"Coverage {report.coverage_percent:g} % ({judged})\n", file=out)
    width = max((len(line.title) for line in report.services), default=0)
    for line in report.services:
        note = f"  (victim of {', '.join(line.victim_of)})" if line.victim_of and not line.at_fault else ""
        print(f"  {line.title:<{width}}  {line.verdict}{note}", file=out)
    _print_problems([p for p in report.problems if not p.victim_of], "What is wrong", out)
    _print_problems([p for p in report.problems if p.victim_of], "Failing because of it", out)
    if report.coverage_gaps:
        print("\nNot seen (no outage):", file=out)
    for gap in report.coverage_gaps:
        print(f"  {gap.target}: {gap.summary} [{gap.cause}]", file=out)
        print(f"    because {gap.reason}; remedy: {gap.remedy}", file=out)


def _print_problems(problems: list[Problem], title: str, out: TextIO) -> None:
    if problems:
        print(f"\n{title}:", file=out)
    for problem in problems:
        print(f"  {problem.status} {problem.target}: {problem.summary} [{problem.phase}: {problem.cause}]", file=out)
        if not problem.victim_of:
            print(f"    do: {problem.remediation}", file=out)
