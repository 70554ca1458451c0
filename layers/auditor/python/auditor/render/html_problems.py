"""The part of the HTML report that is read first: what is wrong, warnings, and what the auditor could not see."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from auditor.domain.report import CoverageGap, Problem, Report, TargetLine
from auditor.domain.result import Scalar
from auditor.render.bounds import CARDS, VICTIMS, left_out, named
from auditor.render.html_parts import code, facts, moment, responsible, section, service_title, since, verdict_badge
from auditor.render.markup import Html, Row, element, folded, join, table
from auditor.render.method import GAPS_ARE_NO_OUTAGES, NOTHING_FAILS, STANDS_FROM_EARLIER
from auditor.render.outline import Outline, Trouble
from auditor.render.wording import counted, phase_word, scalar_text

_EVIDENCE_OPEN = 8
_EVIDENCE_SHOWN = 60


def wrong(report: Report, outline: Outline) -> Html:
    """What fails of its own, each with its victims under it, or what may be said when nothing does."""
    if not outline.wrong:
        return section(
            "wrong", "Is anything wrong?", element("p", outline.all_clear or NOTHING_FAILS, class_="summary")
        )
    cards = [_trouble(trouble, report.as_of) for trouble in outline.troubles[:CARDS]]
    cards += _left_out(len(outline.troubles) - CARDS, "failing target")
    if outline.unexplained_victims:
        unexplained = outline.unexplained_victims
        cards.append(
            element(
                "div",
                element("h3", "Failing because of something that is not shown as a failure here"),
                element("ul", *(_victim(victim, report.as_of, name_roots=True) for victim in unexplained[:CARDS])),
                *_left_out(len(unexplained) - CARDS, "failing check"),
                class_="card plain",
            )
        )
    return section("wrong", "What is wrong", *cards)


def _left_out(number: int, noun: str) -> list[Html]:
    said = left_out(number, noun)
    return [element("p", said, class_="soft")] if said else []


def _trouble(trouble: Trouble, as_of: datetime) -> Html:
    service = trouble.service
    title = service.title if service else (trouble.problems[0].service if trouble.problems else "")
    badge = verdict_badge(trouble.line.verdict) if trouble.line else ""
    critical = "critical target" if trouble.line and trouble.line.critical else ""
    parts = [
        element("div", _heading(title, trouble.target), badge, element("span", critical, class_="soft"), class_="title")
    ]
    if trouble.problems:
        parts += [_problem(problem, as_of) for problem in trouble.problems]
    elif trouble.line:
        parts.append(_remembered(trouble.line, as_of))
    if service:
        parts.append(facts(("Owner", responsible(service))))
    if trouble.victims:
        parts.append(_victims(trouble, as_of))
    kind = trouble.line.verdict.lower() if trouble.line else "down"
    return element("article", *parts, class_=f"card {kind}")


def _heading(title: str, target: str) -> Html:
    return element("h3", element("bdi", title), " · " if title else "", code(target))


def _problem(problem: Problem, as_of: datetime) -> Html:
    cause = join(code(problem.cause), f" – {problem.cause_meaning}") if problem.cause else ""
    parts = [
        element("p", problem.summary, class_="summary"),
        facts(
            (
                "Failed phase" if problem.status == "FAIL" else "Phase",
                phase_word(problem.phase) if problem.phase else "",
            ),
            ("Cause", cause),
            ("Check", join(code(problem.check), f" · {problem.status} · severity {problem.severity}")),
            ("Since", since(problem.since, as_of)),
            ("Component", code(problem.component) if problem.component else ""),
        ),
    ]
    if problem.remediation:
        parts.append(element("p", element("strong", "What to do"), problem.remediation, class_="remedy"))
    parts.append(_evidence(problem.evidence, problem.result_id))
    return element("div", *parts, class_="problem")


def _evidence(evidence: Mapping[str, Scalar], result_id: str) -> Html:
    source = element("p", "Result ", code(result_id), class_="ids soft")
    if not evidence:
        return source
    names = sorted(evidence)
    rows = [Row(cells=(name, scalar_text(evidence[name]))) for name in names[:_EVIDENCE_SHOWN]]
    left_out = len(names) - len(rows)
    more = [element("p", f"{counted(left_out, 'more value')} in report.json.", class_="soft")] if left_out else []
    return folded(
        f"Evidence ({counted(len(names), 'value')})",
        table("Values that the probe saw", ("Name", "Value"), (rows,), kind="pairs"),
        *more,
        source,
        is_open=len(names) <= _EVIDENCE_OPEN,
    )


def _remembered(line: TargetLine, as_of: datetime) -> Html:
    judged = join("It was last judged at ", moment(line.judged_at), ".") if line.judged_at else "It was not judged."
    return element(
        "div",
        element("p", line.summary, class_="summary"),
        element("p", f"{STANDS_FROM_EARLIER} ", judged),
        facts(("Since", since(line.since, as_of)), ("Component", code(line.component) if line.component else "")),
        class_="problem",
    )


def _victims(trouble: Trouble, as_of: datetime) -> Html:
    return element(
        "div",
        folded(
            join("Also failing because of this: ", element("bdi", named(trouble.victim_targets))),
            element("ul", *(_victim(victim, as_of, name_roots=False) for victim in trouble.victims[:VICTIMS])),
            *_left_out(len(trouble.victims) - VICTIMS, "failing check"),
        ),
        class_="victims",
    )


def _victim(problem: Problem, as_of: datetime, *, name_roots: bool) -> Html:
    because = f" Explained by {named(problem.victim_of)}." if name_roots else ""
    cause = f" ({phase_word(problem.phase)}: {problem.cause})" if problem.cause else ""
    return element(
        "li",
        code(problem.target),
        element("span", " of ", element("bdi", problem.service), class_="soft"),
        " – ",
        element("bdi", problem.summary),
        element("span", f"{cause}{because} Since ", since(problem.since, as_of), ". Result ", class_="soft"),
        code(problem.result_id),
    )


def warnings(report: Report, outline: Outline) -> tuple[Html, ...]:
    """What warns, and what is worth mending although it harms nobody now; no section where there is nothing."""
    sections = []
    if outline.warnings:
        sections.append(section("warnings", "Warnings", *_notices(outline.warnings, report, "degraded")))
    if outline.findings:
        said = element("p", "Defects that harm no user now. They move no verdict.", class_="soft")
        sections.append(section("findings", "Findings", said, *_notices(outline.findings, report, "plain")))
    return tuple(sections)


def _notices(problems: Sequence[Problem], report: Report, kind: str) -> list[Html]:
    cards = [_notice(problem, report, kind) for problem in problems[:CARDS]]
    return cards + _left_out(len(problems) - CARDS, "check")


def _notice(problem: Problem, report: Report, kind: str) -> Html:
    heading = _heading(service_title(report, problem.service), problem.target)
    return element("article", heading, _problem(problem, report.as_of), class_=f"card {kind}")


def unseen(report: Report) -> Html | None:
    """The coverage gaps, each with why it is the auditor's limit and what would let it see."""
    if not report.coverage_gaps:
        return None
    gaps = sorted(report.coverage_gaps, key=lambda gap: (not gap.critical, gap.service, gap.target))
    cards = [_gap(gap, report) for gap in gaps[:CARDS]]
    cards += _left_out(len(gaps) - CARDS, "coverage gap")
    return section("unseen", "What the auditor could not see", element("p", GAPS_ARE_NO_OUTAGES), *cards)


def _gap(gap: CoverageGap, report: Report) -> Html:
    critical = element("span", "critical target", class_="soft") if gap.critical else ""
    parts = [
        element("div", _heading(service_title(report, gap.service), gap.target), critical, class_="title"),
        element("p", gap.summary, class_="summary"),
        facts(
            ("Why not an outage", gap.reason),
            ("Cause", join(code(gap.cause), f" – {gap.cause_meaning}")),
            ("Phase", phase_word(gap.phase) if gap.phase else ""),
        ),
    ]
    if gap.remedy:
        parts.append(element("p", element("strong", "What would let the auditor see it"), gap.remedy, class_="remedy"))
    if gap.result_ids:
        ids = element("ul", *(element("li", code(id)) for id in gap.result_ids), class_="ids")
        parts.append(folded(counted(len(gap.result_ids), "result id"), ids))
    return element("article", *parts, class_="card unknown")
