"""The tables of the HTML report: services, response times, checks, runs, and the results behind the numbers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from auditor.domain.observation import PhaseTiming
from auditor.domain.report import Category, Report, ResponseTime, ServiceLine, TargetLine
from auditor.domain.verdict import Verdict
from auditor.render.bounds import BAD_TARGETS, TARGETS, left_out, named
from auditor.render.html_parts import code, moment, responsible, section, short_moment, short_since, verdict_badge
from auditor.render.markup import Child, Html, Row, element, folded, join, table
from auditor.render.wording import counted, milliseconds_text, phase_word

_ROWS_SHOWN = 60
"""A table longer than this folds the rows that need no attention."""

_SERVICE_COLUMNS = ("Service and target", "Verdict", "Since (UTC)", "Last judged (UTC)", "Latency#", "Seen")
_RESPONSE_COLUMNS = ("Target and address", "Answer", "Total#", "Phases")


def services(report: Report) -> Html:
    """The dashboard: every service with its owner, and its targets under it."""
    if not report.services:
        return section("services", "Services", element("p", "The catalogue lists no service."))
    total = sum(len(service.targets) for service in report.services)
    explained = {problem.target: problem.victim_of for problem in report.problems if problem.victim_of}
    groups = [_service(service, report, explained, total) for service in report.services]
    caption = (
        f"{counted(len(report.services), 'service')} with {counted(total, 'target')}. "
        "Latency is that of the last probe, from its begin to its end."
    )
    return section("services", "Services", table(caption, _SERVICE_COLUMNS, groups, kind="dashboard"))


def _service(service: ServiceLine, report: Report, explained: Mapping[str, Sequence[str]], total: int) -> list[Row]:
    about: list[Child] = []
    if service.victim_of:
        about.append(join("failing because of ", element("bdi", named(service.victim_of)), " · "))
    elif service.at_fault:
        about.append(join(element("strong", "at fault"), " · "))
    about.append(responsible(service))
    name = join(element("bdi", service.title or service.id), " ", element("span", code(service.id), class_="soft"))
    head = Row(
        cells=(
            name,
            verdict_badge(service.verdict, victim=bool(service.victim_of)),
            short_since(service.since, report.as_of),
            join(*about),
        ),
        kind="service",
        scope="rowgroup",
    )
    if total > TARGETS:
        return [head, *_abridged(service, report, explained)]
    quiet = [line for line in service.targets if total > _ROWS_SHOWN and line.verdict is Verdict.HEALTHY]
    rows = [_target(line, report, explained) for line in service.targets if line not in quiet]
    if not quiet:
        return [head, *rows]
    inner = table(
        f"Healthy targets of {service.title or service.id}",
        _SERVICE_COLUMNS,
        ([_target(line, report, explained) for line in quiet],),
    )
    summary = join(verdict_badge(Verdict.HEALTHY), f" {counted(len(quiet), 'target')}")
    return [head, *rows, Row(cells=(folded(summary, inner),), kind="fold")]


def _abridged(service: ServiceLine, report: Report, explained: Mapping[str, Sequence[str]]) -> list[Row]:
    """The first targets that need attention, and the number of all others by verdict."""
    loud = [line for line in service.targets if line.verdict is not Verdict.HEALTHY]
    rows = [_target(line, report, explained) for line in loud[:BAD_TARGETS]]
    others = Counter(line.verdict for line in service.targets)
    others.subtract(line.verdict for line in loud[:BAD_TARGETS])
    counts = [join(verdict_badge(v), f" {counted(number, 'target')} ") for v, number in others.items() if number]
    if counts:
        rows.append(Row(cells=(join(*counts, "– report.json lists them."),), kind="fold"))
    return rows


def _target(line: TargetLine, report: Report, explained: Mapping[str, Sequence[str]]) -> Row:
    tags = line.family if line.critical else f"{line.family} · not critical"
    roots = explained.get(line.id, ())
    because = join(element("span", "Because of ", element("bdi", named(roots)), ": ", class_="soft")) if roots else ""
    return Row(
        cells=(
            join(code(line.id), " ", element("span", tags, class_="soft")),
            verdict_badge(line.verdict, victim=bool(roots)),
            short_since(line.since, report.as_of),
            short_moment(line.judged_at, report.as_of) if line.judged_at else "never",
            milliseconds_text(line.latency_ms),
            join(because, line.summary),
        ),
        kind="target",
    )


def response_times(report: Report) -> Html | None:
    """How long each phase took, per address; failures and the slowest come first."""
    if not report.response_times:
        return None
    ordered = sorted(report.response_times, key=lambda r: (r.ok, -r.total_ms, r.service, r.target, r.address))
    caption = (
        f"{counted(len(ordered), 'probe')}, failed and slowest first. "
        "Each bar spans its own total; a phase that failed keeps the time it took."
    )
    shown = table(caption, _RESPONSE_COLUMNS, ([_response(item) for item in ordered[:_ROWS_SHOWN]],), kind="responses")
    rest = ordered[_ROWS_SHOWN:TARGETS]
    parts = [shown]
    if rest:
        more = table(
            "The rest, in the same order", _RESPONSE_COLUMNS, ([_response(item) for item in rest],), kind="responses"
        )
        parts.append(folded(counted(len(rest), "more probe"), more))
    if further := left_out(len(ordered) - TARGETS, "probe"):
        parts.append(element("p", further, class_="soft"))
    return section("response-times", "Response times", *parts)


def _response(item: ResponseTime) -> Row:
    where = [code(item.target), " ", element("span", element("bdi", item.address or item.service), class_="soft")]
    answer = "ok" if item.ok else element("span", "✕ failed", class_="bad")
    phases = sorted(item.phases, key=lambda phase: (phase.start_ms, phase.start_ms + phase.duration_ms, phase.phase))
    bar = join(_bar(item.total_ms, phases), element("ul", *(_phase(phase) for phase in phases), class_="phases"))
    return Row(cells=(join(*where), answer, milliseconds_text(item.total_ms), bar if phases else "no phase recorded"))


def _phase(phase: PhaseTiming) -> Html:
    words = f"{phase_word(phase.phase)} {milliseconds_text(phase.duration_ms)}"
    if not phase.ok:
        return element("li", f"✕ {words} failed", class_="failed")
    swatch = Html(f'<svg class="swatch" aria-hidden="true"><rect class="p-{phase.phase}"/></svg>')
    return element("li", swatch, words)


def _bar(total_ms: float, phases: Sequence[PhaseTiming]) -> Html:
    """Where in the probe's time each phase lay. Decoration: the list under it says the same in words."""
    end = max([total_ms, *(phase.start_ms + phase.duration_ms for phase in phases)])
    scale = 100 / end if end > 0 else 0
    parts = []
    for phase in phases:
        width = max(phase.duration_ms * scale, 0.5)
        left = min(phase.start_ms * scale, 100 - width)
        kind = f"p-{phase.phase}" if phase.ok else "failed"
        parts.append(f'<rect class="{kind}" x="{left:.2f}" width="{width:.2f}" height="1"/>')
    return Html(
        f'<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'
    )


def checks(report: Report) -> Html | None:
    """The checks of each family by answer; columns and rows add up."""
    if not report.categories:
        return None
    rows = [Row(cells=(category.family, *map(_number, _counts(category)))) for category in report.categories]
    sums = [sum(column) for column in zip(*map(_counts, report.categories), strict=True)]
    foot = Row(cells=("All", *map(_number, sums)))
    columns = ("Family", "Passed#", "Warned#", "Failed#", "Unknown#", "Skipped#", "Total#")
    return section("checks", "Checks by family", table("Results of the latest runs", columns, (rows,), foot=foot))


def _counts(category: Category) -> tuple[int, ...]:
    return (
        category.passed,
        category.warned,
        category.failed,
        category.unknown,
        category.skipped,
        category.total,
    )


def _number(value: int) -> str:
    return f"{value:,}"


def runs(report: Report) -> Html | None:
    """Which run each number comes from, and which runs did not report."""
    if not report.runs:
        return None
    rows = [
        Row(
            cells=(
                join(element("bdi", run.family), element("span", f" shard {run.shard}", class_="soft")),
                moment(run.slot) if run.slot else "never reported",
                element("span", "✕ never reported" if run.slot is None else "✕ stale", class_="bad")
                if run.stale or run.slot is None
                else "on time",
                code(run.object_key) if run.object_key else "",
            )
        )
        for run in sorted(report.runs, key=lambda run: (not run.stale, run.family, run.shard))
    ]
    silent = sum(run.stale or run.slot is None for run in report.runs)
    caption = f"{counted(len(report.runs), 'expected run')}, {silent:,} of them stale or silent."
    body = table(
        "Where each number comes from", ("Run", "Slot", "State", "Object with observations and results"), (rows,)
    )
    return section("runs", "Runs", folded(caption, body, is_open=bool(silent) or len(rows) <= _ROWS_SHOWN))


def result_ids(services: Iterable[ServiceLine]) -> Html:
    """For every target the results that its line was made from."""
    lines = [line for service in services for line in service.targets if line.result_ids]
    if not lines:
        return Html()
    total = sum(len(line.result_ids) for line in lines)
    if len(lines) > TARGETS:
        return element("p", f"{counted(total, 'result id')}: report.json lists them by target.")
    rows = [
        Row(cells=(code(line.id), element("ul", *(element("li", code(id)) for id in line.result_ids), class_="ids")))
        for line in lines
    ]
    return folded(
        f"{counted(total, 'result id')}, by target", table("Results by target", ("Target", "Result ids"), (rows,))
    )
