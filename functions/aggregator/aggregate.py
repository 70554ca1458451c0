"""The aggregator over ports: wait for the slot's runs, judge, remember, publish, tell. It alone writes state."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from auditor.adapters.aws import AwsError
from auditor.adapters.runs import Commit, Latest, UnreadableRunError
from auditor.adapters.state import StaleStateError
from auditor.domain.assessment import Assessment, Knowledge, assess
from auditor.domain.attribution import Reading
from auditor.domain.bundle import BUNDLE_VERSION, Bundle, Run, State
from auditor.domain.codec import json_text, to_json
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.extra import extra_runs
from auditor.domain.instants import floor_to, format_instant
from auditor.domain.past import Past, windows_of
from auditor.domain.report import Report
from auditor.domain.reporting import build_report
from auditor.domain.request import Request, merged
from auditor.domain.result import Status
from auditor.domain.story import Story, tell
from auditor.domain.topology import Platform
from auditor.names import (
    DIMENSION_SERVICE,
    METRIC_BLIND,
    METRIC_OPEN_INCIDENTS,
    METRIC_REPORTS,
)
from auditor.render.report_html import render_html
from auditor.render.report_json import render_json
from auditor.render.report_markdown import render_markdown
from functions.aggregator.claims import diagnosis_of
from functions.aggregator.history import Commits, History, Moment, keep, remembered
from functions.aggregator.suites import suites_of
from functions.aggregator.tracked import tracked_since

_DATED_EVERY = timedelta(hours=1)
_POLL_SECONDS = 0.5
"""Each question costs a read unit, and a report that comes half a second later is as good."""


class Runs(Commits, Protocol):
    """Reads the runs that probes appended."""

    def latest(self, family: str, shard: int, since: datetime | None = None) -> Latest:
        """The newest commits of a shard, or of its slots from ``since`` on."""

    def load(self, commit: Commit) -> Run:
        """The whole run."""


class States(Protocol):
    """Keeps the state and the outbox."""

    def load(self) -> State:
        """The state of the last moment."""

    def save(self, state: State, stories: tuple[Story, ...]) -> None:
        """Writes state and stories, all or nothing."""

    def pending(self) -> tuple[Story, ...]:
        """Stories not yet told."""

    def mark_told(self, story: Story, at: str) -> None:
        """Marks one as told."""


class Requests(Protocol):
    """Reads what people ask."""

    def pending(self) -> tuple[Request, ...]:
        """All requests that have not expired."""


class Extras(Protocol):
    """Asks families for runs out of turn."""

    def ask(self, family: str, shard: int, slot: datetime) -> None:
        """Queues one."""


class Reports(Protocol):
    """Publishes files."""

    def publish(self, files: Mapping[str, str], instant: datetime | None) -> None:
        """Writes files."""

    def link(self, name: str, instant: datetime | None) -> str:
        """Where a person opens one."""


class Stories(Protocol):
    """Tells stories."""

    def tell(self, story: Story) -> None:
        """Publishes one."""


Emit = Callable[..., None]
"""``emit(stage, slot, values, **dimensions)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside that the aggregator touches. ``note`` logs one line about the auditor's own trouble."""

    runs: Runs
    states: States
    requests: Requests
    extras: Extras
    reports: Reports
    stories: Stories
    history: History
    emit: Emit
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    note: Callable[[str], None]


def aggregate(
    *,
    stage: str,
    slot: datetime,
    platform: Platform,
    knowledge: Knowledge,
    ports: Ports,
    commit_wait_seconds: float,
    seconds_per_minute: float | None,
) -> Report | None:
    """Judges one slot and tells what changed; None when the slot was judged before (the same event twice)."""
    commits = _await_commits(slot, platform, knowledge, ports, commit_wait_seconds)
    state = ports.states.load()
    if state.as_of is not None and slot <= state.as_of:
        _drain_outbox(ports, slot)
        return None
    if state.version and state.as_of is None:
        ports.note("the state was written by another version and cannot be read; verdicts and incidents begin anew")
    past = _past(slot, platform, ports)
    runs = _load(commits, ports)
    bundle = Bundle(
        schema_version=BUNDLE_VERSION,
        stage=stage,
        as_of=slot,
        platform=platform,
        runs=runs,
        state=_with_requests(state, slot, ports),
        seconds_per_minute=seconds_per_minute,
        tracked=tracked_since(state.tracked, runs, slot),
    )
    bundle = remembered(bundle, past)
    assessment = assess(bundle, knowledge, lambda readings: _diagnosis(bundle, readings, ports))
    report = build_report(bundle, assessment, knowledge, suites_of(bundle))
    dated = _is_dated(state, slot, assessment)
    link = ports.reports.link("report.html", slot if dated else None)
    stories = tuple(tell(transition, report, link) for transition in assessment.transitions)
    try:
        ports.states.save(assessment.next_state(bundle), stories)
    except StaleStateError as error:
        ports.note(f"{error}; this judgement of the slot is dropped, because another run of the aggregator made it")
        return None
    _emit(stage, slot, assessment, ports)
    try:
        files = rendered(report, bundle)
        if dated:
            ports.reports.publish(files, slot)
        ports.reports.publish(files, None)
        ports.emit(stage, slot, {METRIC_REPORTS: 1})
    finally:
        # Who is to be told hears of it also when the report cannot be made or published.
        _drain_outbox(ports, slot)
        _keep(ports, past, Moment(bundle=bundle, assessment=assessment, report=report, dated=dated), knowledge)
        _ask_extra_runs(ports, slot, extra_runs(bundle, assessment.targets, knowledge.contacting))
    return report


def _with_requests(state: State, slot: datetime, ports: Ports) -> State:
    try:
        return merged(state, ports.requests.pending(), slot)
    except AwsError as error:
        ports.note(f"people's requests could not be read ({type(error).__name__}); the next slot merges them")
        return state


def _past(slot: datetime, platform: Platform, ports: Ports) -> Past:
    try:
        return ports.history.past(slot, windows_of(platform)[-1])
    except AwsError as error:
        ports.note(f"the past could not be read ({type(error).__name__}); this report says of it that nothing was seen")
        return Past()


def _keep(ports: Ports, past: Past, moment: Moment, knowledge: Knowledge) -> None:
    try:
        keep(ports.history, ports.runs, past, moment, knowledge)
    except Exception as error:  # noqa: BLE001 - all was told already; what is not counted now is found as late
        ports.note(f"what was counted could not be kept ({type(error).__name__}): it will be counted as late")


def _diagnosis(bundle: Bundle, readings: Sequence[Reading], ports: Ports) -> Diagnosis:
    try:
        return diagnosis_of(bundle, readings)
    except Exception as error:  # noqa: BLE001 - a bug in the diagnosis must cost neither the page nor the report
        ports.note(f"the diagnosis failed with {type(error).__name__}; the report names causes and no root")
        failing = (r.result.id for r in readings if r.speaks and r.result.status is Status.FAIL)
        return Diagnosis(
            unexplained=tuple(sorted(failing)),
            next_observation=f"the diagnosis itself failed ({type(error).__name__}); the aggregator's log says more",
        )


def rendered(report: Report, bundle: Bundle) -> dict[str, str]:
    """The files of a report by name, evidence first: whoever sees the report can fetch what proves it."""
    return {
        "bundle.json": json_text(to_json(bundle)),
        "report.html": render_html(report),
        "report.json": render_json(report),
        "report.md": render_markdown(report),
    }


def _await_commits(
    slot: datetime, platform: Platform, knowledge: Knowledge, ports: Ports, wait_seconds: float
) -> tuple[Commit, ...]:
    """The newest commits of every shard; waits for the slot's own until the budget ends. What is missing is late."""
    due = {(s.family, s.number): floor_to(slot, knowledge.periods[s.family]) for s in platform.shards}
    found: dict[tuple[str, int], Latest] = {}
    give_up = ports.monotonic() + wait_seconds
    while True:
        for family, shard in sorted(due.keys() - found.keys()):
            latest = ports.runs.latest(family, shard, due[family, shard])
            if latest.scheduled is not None:
                found[family, shard] = latest
        if len(found) == len(due) or ports.monotonic() + _POLL_SECONDS > give_up:
            break
        ports.sleep(_POLL_SECONDS)
    for family, shard in sorted(due.keys() - found.keys()):
        ports.note(f"{family}/{shard} did not commit slot {format_instant(slot)} within {wait_seconds:g} s: it is late")
        found[family, shard] = ports.runs.latest(family, shard)
    for (family, shard), latest in sorted(found.items()):
        if latest.scheduled is not None and latest.scheduled.slot > slot:
            ports.note(
                f"{family}/{shard} is ahead of slot {format_instant(slot)}: its newest run is judged all the same"
            )
    return tuple(c for key in sorted(found) for c in (found[key].scheduled, found[key].extra) if c is not None)


def _load(commits: Sequence[Commit], ports: Ports) -> tuple[Run, ...]:
    runs = []
    for commit in commits:
        try:
            runs.append(ports.runs.load(commit))
        except UnreadableRunError as error:
            ports.note(f"{error}; its targets are unknown in this moment")
    return tuple(runs)


def _is_dated(state: State, slot: datetime, assessment: Assessment) -> bool:
    """Whether this report is kept under its instant: hourly, and at each change of a verdict."""
    if state.as_of is None or floor_to(slot, _DATED_EVERY) != floor_to(state.as_of, _DATED_EVERY):
        return True
    changed = (
        id not in state.services or state.services[id].verdict is not service.verdict
        for id, service in assessment.services.items()
    )
    return any(changed) or bool(assessment.transitions)


def _emit(stage: str, slot: datetime, assessment: Assessment, ports: Ports) -> None:
    ports.emit(stage, slot, {METRIC_BLIND: int(assessment.blind)})
    for service in assessment.services:
        incident = assessment.incidents.open.get(service)
        paging = incident is not None and incident.paging
        ports.emit(stage, slot, {METRIC_OPEN_INCIDENTS: int(paging)}, **{DIMENSION_SERVICE: service})


def _drain_outbox(ports: Ports, slot: datetime) -> None:
    """Tells every pending story. One that cannot be told stays in the outbox for the next slot."""
    for story in ports.states.pending():
        try:
            ports.stories.tell(story)
            ports.states.mark_told(story, format_instant(slot))
        except AwsError as error:
            ports.note(f"story {story.id} could not be told ({type(error).__name__}); it stays in the outbox")


def _ask_extra_runs(ports: Ports, slot: datetime, asked: Sequence[tuple[str, int]]) -> None:
    for family, shard in asked:
        try:
            ports.extras.ask(family, shard, slot)
        except AwsError as error:
            # Lambda that cannot be reached costs seconds each time, and would cost as much for the others.
            ports.note(f"no extra run of {family}/{shard} or further ones could be asked for ({type(error).__name__})")
            return
