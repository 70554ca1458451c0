"""The report as Markdown: for a chat, an issue or a terminal."""

from auditor.domain.report import CoverageGap, Problem, Report, ServiceLine
from auditor.domain.verdict import Verdict
from auditor.render.bounds import BAD_TARGETS, CARDS, TARGETS, VICTIMS, left_out, named
from auditor.render.history_words import score_text
from auditor.render.markdown_history import levels, score, since_last, trend
from auditor.render.markdown_incidents import incidents
from auditor.render.markdown_roots import noticed, roots
from auditor.render.markdown_suites import suites
from auditor.render.markdown_text import fenced, link, plain, strong, table
from auditor.render.method import (
    GAPS_ARE_NO_OUTAGES,
    NOTES,
    NOTHING_FAILS,
    STANDS_FROM_EARLIER,
    VERDICT_MEANINGS,
    coverage_note,
)
from auditor.render.outline import Outline, Trouble, outline
from auditor.render.wording import (
    coverage_text,
    instant_text,
    milliseconds_text,
    pace_text,
    phase_word,
    scalar_text,
    since_text,
    verdict_mark,
    verdict_word,
)


def render_markdown(report: Report) -> str:
    """The report as GitHub-flavoured Markdown, in the order of the HTML one."""
    arranged = outline(report)
    lines = [
        *_header(report),
        *roots(report),
        *_wrong(report, arranged),
        *incidents(report),
        *_notices("Warnings", arranged.warnings, report),
        *_notices("Findings (they harm no user now and move no verdict)", arranged.findings, report),
        *_unseen(report.coverage_gaps),
        *since_last(report),
        *_services(report),
        *levels(report),
        *score(report),
        *trend(report),
        *_response_times(report),
        *_checks(report),
        *noticed(report),
        *suites(report),
        *_runs(report),
        *_reproduce(report),
        *_method(report),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _header(report: Report) -> list[str]:
    vantages = ", ".join(report.vantages) or "no vantage: nothing was probed"
    lines = [
        f"# {plain(report.title)}",
        "",
        f"**{verdict_mark(report.verdict)} {verdict_word(report.verdict)}** – {plain(report.headline)}",
        "",
        f"- Platform {plain(report.platform)}, stage {plain(report.stage)}, region {plain(report.region)}",
        f"- As of {instant_text(report.as_of)}, seen from {plain(vantages)}",
        f"- {coverage_text(report)}{f' {score_text(report.score)}' if report.score else ''}",
    ]
    if pace := pace_text(report):
        lines.append(f"- {pace}")
    return [*lines, ""]


def _wrong(report: Report, arranged: Outline) -> list[str]:
    if not arranged.wrong:
        said = arranged.all_clear or NOTHING_FAILS
        return ["## Is anything wrong?", "", said, ""]
    lines = ["## What is wrong", ""]
    for trouble in arranged.troubles[:CARDS]:
        lines += _trouble(trouble, report)
    lines += _left_out(len(arranged.troubles) - CARDS, "failing target")
    if arranged.unexplained_victims:
        lines += ["### Failing because of something that is not shown as a failure here", ""]
        lines += [
            f"{_victim(victim, report)} Explained by {plain(named(victim.victim_of))}."
            for victim in arranged.unexplained_victims[:CARDS]
        ]
        lines += ["", *_left_out(len(arranged.unexplained_victims) - CARDS, "failing check")]
    return lines


def _left_out(number: int, noun: str) -> list[str]:
    said = left_out(number, noun)
    return [said, ""] if said else []


def _trouble(trouble: Trouble, report: Report) -> list[str]:
    title = trouble.service.title if trouble.service else (trouble.problems[0].service if trouble.problems else "")
    verdict = f" – {verdict_mark(trouble.line.verdict)} {verdict_word(trouble.line.verdict)}" if trouble.line else ""
    lines = [f"### {plain(title)} · {plain(trouble.target)}{verdict}", ""]
    for problem in trouble.problems:
        lines += _problem(problem, report)
    if not trouble.problems and trouble.line:
        lines += [
            strong(trouble.line.summary),
            "",
            f"{STANDS_FROM_EARLIER} Since {since_text(trouble.line.since, report.as_of)}.",
            "",
        ]
    if trouble.service:
        lines += [f"Owner: {_responsible(trouble.service)}", ""]
    if trouble.victims:
        lines += ["Also failing because of this:", ""]
        lines += [_victim(victim, report) for victim in trouble.victims[:VICTIMS]]
        lines += ["", *_left_out(len(trouble.victims) - VICTIMS, "failing check")]
    return lines


def _problem(problem: Problem, report: Report) -> list[str]:
    lines = [strong(problem.summary), ""]
    if problem.phase:
        lines.append(f"- Phase: {phase_word(problem.phase)}")
    if problem.cause:
        lines.append(f"- Cause: {plain(problem.cause)} – {plain(problem.cause_meaning)}")
    lines.append(f"- Check: {plain(problem.check)}, {plain(problem.status)}, severity {problem.severity}")
    lines.append(f"- Since: {since_text(problem.since, report.as_of)}")
    if problem.component:
        lines.append(f"- Component: {plain(problem.component)}")
    if problem.remediation:
        lines.append(f"- What to do: {plain(problem.remediation)}")
    lines += [f"- Result: {plain(problem.result_id)}", ""]
    if problem.evidence:
        rows = [(plain(name), plain(scalar_text(problem.evidence[name]))) for name in sorted(problem.evidence)]
        lines += table(("Evidence", "Value"), rows)
    return lines


def _victim(problem: Problem, report: Report) -> str:
    cause = f" ({phase_word(problem.phase)}: {plain(problem.cause)})" if problem.cause else ""
    return (
        f"- {plain(problem.target)} of {plain(problem.service)}: {plain(problem.summary)}{cause} "
        f"Since {since_text(problem.since, report.as_of)}. Result {plain(problem.result_id)}."
    )


def _responsible(service: ServiceLine) -> str:
    parts = [plain(service.owner) or "no owner declared"]
    if service.contact:
        parts.append(plain(service.contact))
    if service.runbook:
        parts.append(f"runbook {link(service.runbook)}")
    return ", ".join(parts)


def _notices(title: str, problems: tuple[Problem, ...], report: Report) -> list[str]:
    if not problems:
        return []
    lines = [f"## {title}", ""]
    for problem in problems[:CARDS]:
        lines += [f"### {plain(problem.service)} · {plain(problem.target)}", "", *_problem(problem, report)]
    return lines + _left_out(len(problems) - CARDS, "check")


def _unseen(gaps: tuple[CoverageGap, ...]) -> list[str]:
    if not gaps:
        return []
    lines = [
        "## What the auditor could not see",
        "",
        GAPS_ARE_NO_OUTAGES,
        "",
    ]
    for gap in sorted(gaps, key=lambda gap: (not gap.critical, gap.service, gap.target))[:CARDS]:
        critical = " (critical target)" if gap.critical else ""
        lines += [
            f"### {plain(gap.service)} · {plain(gap.target)}{critical}",
            "",
            strong(gap.summary),
            "",
            f"- Why not an outage: {plain(gap.reason)}",
            f"- Cause: {plain(gap.cause)} – {plain(gap.cause_meaning)}",
            f"- What would let the auditor see it: {plain(gap.remedy)}",
            f"- Results: {', '.join(map(plain, gap.result_ids))}",
            "",
        ]
    return lines + _left_out(len(gaps) - CARDS, "coverage gap")


def _services(report: Report) -> list[str]:
    if not report.services:
        return ["## Services", "", "The catalogue lists no service.", ""]
    rows: list[tuple[str, ...]] = []
    abridged = sum(len(service.targets) for service in report.services) > TARGETS
    for service in report.services:
        because = f"; failing because of {plain(named(service.victim_of))}" if service.victim_of else ""
        fault = "; at fault" if service.at_fault and not because else ""
        rows.append(
            (
                strong(service.title or service.id),
                f"**{verdict_mark(service.verdict)} {verdict_word(service.verdict)}**",
                since_text(service.since, report.as_of),
                "",
                "",
                f"{_responsible(service)}{because}{fault}",
            )
        )
        loud = [line for line in service.targets if not abridged or line.verdict is not Verdict.HEALTHY]
        listed = loud[:BAD_TARGETS] if abridged else loud
        for line in listed:
            critical = "" if line.critical else " (not critical)"
            rows.append(
                (
                    f"{plain(line.id)}{critical}",
                    f"{verdict_mark(line.verdict)} {verdict_word(line.verdict)}",
                    since_text(line.since, report.as_of),
                    milliseconds_text(line.latency_ms),
                    instant_text(line.judged_at) if line.judged_at else "never",
                    plain(line.summary),
                )
            )
        if further := left_out(len(service.targets) - len(listed), "target"):
            rows.append(("", "", "", "", "", further))
    return [
        "## Services",
        "",
        *table(("Service, target", "Verdict", "Since", "Latency#", "Last judged", "Owner, seen"), rows),
    ]


def _response_times(report: Report) -> list[str]:
    if not report.response_times:
        return []
    rows = []
    ordered = sorted(report.response_times, key=lambda r: (r.ok, -r.total_ms, r.service, r.target, r.address))
    for item in ordered[:TARGETS]:
        phases = ", ".join(
            f"{'' if phase.ok else '✕ '}{phase_word(phase.phase)} {milliseconds_text(phase.duration_ms)}"
            f"{'' if phase.ok else ' failed'}"
            for phase in sorted(item.phases, key=lambda phase: (phase.start_ms, phase.phase))
        )
        answer = "ok" if item.ok else "✕ failed"
        rows.append((plain(item.target), plain(item.address), answer, milliseconds_text(item.total_ms), phases))
    further = _left_out(len(ordered) - TARGETS, "probe")
    return ["## Response times", "", *table(("Target", "Address", "Answer", "Total#", "Phases"), rows), *further]


def _checks(report: Report) -> list[str]:
    if not report.categories:
        return []
    counts = [(c.passed, c.warned, c.failed, c.unknown, c.skipped, c.total) for c in report.categories]
    rows = [(plain(c.family), *map(str, numbers)) for c, numbers in zip(report.categories, counts, strict=True)]
    rows.append(("**All**", *(str(sum(column)) for column in zip(*counts, strict=True))))
    columns = ("Family", "Passed#", "Warned#", "Failed#", "Unknown#", "Skipped#", "Total#")
    return ["## Checks by family", "", *table(columns, rows)]


def _runs(report: Report) -> list[str]:
    if not report.runs:
        return []
    rows = []
    for run in sorted(report.runs, key=lambda run: (not run.stale, run.family, run.shard)):
        state = "✕ never reported" if run.slot is None else "✕ stale" if run.stale else "on time"
        slot = instant_text(run.slot) if run.slot else "–"
        rows.append((plain(run.family), str(run.shard), slot, state, plain(run.object_key)))
    return ["## Runs", "", *table(("Family", "Shard#", "Slot", "State", "Object"), rows)]


def _reproduce(report: Report) -> list[str]:
    return ["## How to reproduce", "", *fenced(report.reproduce)] if report.reproduce else []


def _method(report: Report) -> list[str]:
    lines = ["## How this was judged", ""]
    lines += [f"- **{verdict_word(verdict)}**: {meaning}" for verdict, meaning in VERDICT_MEANINGS]
    return [*lines, f"- {coverage_note(report)}", *(f"- {note}" for note in NOTES), ""]
