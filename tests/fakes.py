"""A small platform of made-up families, a way to tell what their probes said, and the aggregator's ports in memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from auditor.adapters.runs import Commit, Latest, PackedRun, UnreadableRunError
from auditor.adapters.state import StaleStateError
from auditor.domain.assessment import Assessment, Knowledge, assess
from auditor.domain.attribution import Reading
from auditor.domain.bundle import BUNDLE_VERSION, Bundle, Run, State
from auditor.domain.cause import KERNEL_CAUSES, Cause, cause_index
from auditor.domain.change import ReportDigest
from auditor.domain.closing import REACH
from auditor.domain.codec import from_json, to_json
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.history import DAY, HOUR
from auditor.domain.instants import floor_to
from auditor.domain.observation import Observation, Phase, PhaseTiming, Vantage
from auditor.domain.past import Past
from auditor.domain.report import Report
from auditor.domain.reporting import build_report
from auditor.domain.request import Request
from auditor.domain.result import Result, Severity, Status
from auditor.domain.rollup import Rollup, TargetRollup
from auditor.domain.story import Story
from auditor.domain.tally import Tally, distinct
from auditor.domain.target import Target
from auditor.domain.topology import Component, Dependency, Platform, Service, Shard, Thresholds
from auditor.domain.verdict import Judging, Majority
from functions.aggregator.claims import diagnosis_of

T0 = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
VANTAGE = Vantage(kind="function", name="probe", region="us-east-1", in_vpc=True)

KNOWLEDGE = Knowledge(
    causes=cause_index(
        KERNEL_CAUSES,
        (
            Cause(id="page.status", meaning="the status is not an expected one", proves_path=True),
            Cause(id="store.login", meaning="the login was refused", proves_path=True),
        ),
    ),
    periods={"page": MINUTE, "store": MINUTE, "slowly": timedelta(minutes=5)},
    contacting=frozenset({"page", "store"}),
)
"""Two families of one minute that contact the platform, one of five minutes that asks AWS; with own causes."""


def target(id: str, family: str, service: str, **more: Any) -> Target[Any]:
    """A critical, private, deployed target."""
    return Target(id=id, family=family, service=service, component=f"app.{service}", spec={}, **more)


AT_ONCE = Judging(bad=Majority(n=1, of=1), well=Majority(n=1, of=1))
"""For tests that are not about majorities."""


def platform(
    targets: Sequence[Target[Any]], needs: Iterable[tuple[str, str]] = (), shards: Sequence[Shard] | None = None
) -> Platform:
    """A platform whose services and shards follow from its targets."""
    services = list(dict.fromkeys(t.service for t in targets))
    families = list(dict.fromkeys(t.family for t in targets))
    return Platform(
        schema_version=1,
        name="shop",
        title="A shop",
        region="us-east-1",
        services=tuple(Service(id=s, title=s.title(), owner=f"team-{s}", runbook=f"https://r/{s}") for s in services),
        components=tuple(Component(id=f"app.{s}", service=s) for s in services),
        targets=tuple(targets),
        dependencies=tuple(Dependency(service=a, needs=b) for a, b in needs),
        thresholds=Thresholds(),
        judging=AT_ONCE,
        maintenance=(),
        shards=tuple(shards)
        if shards is not None
        else tuple(Shard(family=f, number=0, targets=tuple(t.id for t in targets if t.family == f)) for f in families),
    )


SHOP = platform(
    [
        target("home", "page", "web"),
        target("orders", "page", "web", proves=("db",)),
        target("db", "store", "database"),
    ],
    needs=[("web", "database")],
)
"""A web site with two pages, one of which cannot be right unless the database serves."""


@dataclass(frozen=True)
class Says:
    """One answer of one check."""

    check: str
    status: Status = Status.PASS
    cause: str | None = None
    phase: Phase | None = None
    severity: Severity = Severity.HIGH


def result(target: Target[Any], says: Says, slot: datetime) -> Result:
    """The result that an answer becomes."""
    return Result(
        family=target.family,
        target=target.id,
        check=f"{target.family}.{says.check}",
        slot=slot,
        status=says.status,
        severity=says.severity,
        summary=f"{target.id} {says.check} {says.status}.",
        cause=says.cause,
        phase=says.phase,
        latency_ms=12.5,
        evidence={"seen": 1},
        remediation=f"Mend {says.check}.",
    )


FINE = (Says("reachable"), Says("answers"))


def fails(cause: str, phase: Phase, check: str = "reachable") -> tuple[Says, ...]:
    """A probe that failed in a phase; what comes after had no turn."""
    failed = Says(check, Status.FAIL, cause, phase)
    return (failed, Says("answers", Status.SKIPPED)) if check == "reachable" else (Says("reachable"), failed)


TIMEOUT = fails("tcp.timeout", Phase.TCP)
REFUSED = fails("tcp.refused", Phase.TCP)
WRONG = fails("page.status", Phase.ANSWER, "answers")
BAD_LOGIN = (Says("reachable"), Says("answers", Status.UNKNOWN, "self.credentials", Phase.LOGIN))
BLIND = tuple(Says(s.check, Status.UNKNOWN, "self.bug", Phase.PREPARE) for s in FINE)


def run(
    platform: Platform,
    family: str,
    slot: datetime,
    said: Mapping[str, Sequence[Says]],
    shard: int = 0,
    **more: Any,
) -> Run:
    """A run in which every target of the shard was fine, save for what is said."""
    wanted = next(s.targets for s in platform.shards if (s.family, s.number) == (family, shard))
    targets = [t for t in platform.targets if t.id in wanted and t.deployed]
    results = [result(t, says, slot) for t in targets for says in said.get(t.id, FINE)]
    observations = tuple(
        Observation(
            family=family,
            target=t.id,
            slot=slot,
            vantage=VANTAGE,
            facts={"n": 1},
            phases=(
                PhaseTiming(phase=Phase.NAME, start_ms=0.0, duration_ms=2.5, ok=True),
                PhaseTiming(phase=Phase.TCP, start_ms=2.5, duration_ms=10.0, ok=True, address="10.0.0.7"),
            ),
        )
        for t in targets
    )
    return Run(
        family=family,
        shard=shard,
        slot=slot,
        request_id=f"req-{family}-{shard}",
        vantage=VANTAGE,
        observations=observations,
        results=tuple(results),
        **more,
    )


def runs(platform: Platform, slot: datetime, said: Mapping[str, Sequence[Says]]) -> tuple[Run, ...]:
    """One run of every shard."""
    return tuple(run(platform, s.family, slot, said, s.number) for s in platform.shards)


def bundle(platform: Platform, as_of: datetime, runs: Sequence[Run], state: State | None = None, **more: Any) -> Bundle:
    """A moment."""
    return Bundle(
        schema_version=BUNDLE_VERSION,
        stage="test",
        as_of=as_of,
        platform=platform,
        runs=tuple(runs),
        state=state or State(),
        **more,
    )


@dataclass(frozen=True)
class Moment:
    """What one slot of a sequence gave."""

    bundle: Bundle
    assessment: Assessment
    report: Report

    @property
    def changes(self) -> list[tuple[str, str]]:
        """The transitions, as kind and service."""
        return [(str(t.kind), t.service) for t in self.assessment.transitions]

    @property
    def verdicts(self) -> dict[str, str]:
        """Verdict by service."""
        return {id: str(s.verdict) for id, s in self.assessment.services.items()}

    @property
    def paging(self) -> set[str]:
        """Services whose alarm is raised."""
        return {id for id, incident in self.assessment.incidents.open.items() if incident.paging}


Slot = Mapping[str, Sequence[Says]]


def play(
    platform: Platform,
    slots: Iterable[Slot],
    silent: Mapping[str, Iterable[int]] | None = None,
    diagnose: Callable[[int, Sequence[Reading]], Diagnosis] | None = None,
) -> list[Moment]:
    """The aggregator's judgement slot by slot; ``silent`` are the slot numbers in which a family made no run.

    ``diagnose`` is asked with the slot's number: the made-up families have no knowledge from which roots would follow.
    """
    state, moments = State(), []
    newest: dict[tuple[str, int], Run] = {}
    quiet = {family: set(numbers) for family, numbers in (silent or {}).items()}
    for number, said in enumerate(slots):
        as_of = T0 + number * MINUTE
        for shard in platform.shards:
            if number not in quiet.get(shard.family, ()):
                newest[shard.family, shard.number] = run(platform, shard.family, as_of, said, shard.number)
        moment = bundle(platform, as_of, [newest[k] for k in sorted(newest)], state)
        moments.append(judge_moment(moment, partial(diagnose, number) if diagnose else None))
        state = moments[-1].assessment.next_state(moments[-1].bundle)
    return moments


def judge_moment(bundle: Bundle, diagnose: Callable[[Sequence[Reading]], Diagnosis] | None = None) -> Moment:
    """One bundle's assessment and report; the made-up families have no knowledge, so a test says the diagnosis."""
    assessment = assess(bundle, KNOWLEDGE, diagnose or partial(diagnosis_of, bundle))
    return Moment(bundle, assessment, build_report(bundle, assessment, KNOWLEDGE))


def aws_error(code: str, operation: str = "Publish") -> ClientError:
    """What boto3 raises for an error of this code."""
    return ClientError({"Error": {"Code": code, "Message": "hunter2"}}, operation)


class KilledError(BaseException):
    """Stands for the end of the process: nothing may catch it."""


@dataclass
class World:
    """Everything outside the aggregator, in memory, which survives when the process is killed.

    ``before_call`` is called with the name of each port call; it may raise. State and stories travel through the codec,
    as they do in the real adapters.
    """

    stored: dict[tuple[str, int], Run] = field(default_factory=dict)
    extra: dict[tuple[str, int], Run] = field(default_factory=dict)
    asked: list[tuple[str, int, datetime]] = field(default_factory=list)
    unreadable: set[tuple[str, int]] = field(default_factory=set)
    state: Any = None
    outbox: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[Story] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    files: dict[tuple[str, datetime | None], str] = field(default_factory=dict)
    metrics: list[tuple[datetime, dict[str, float], dict[str, str]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    committed: dict[tuple[str, int, datetime], Run] = field(default_factory=dict)
    kept: dict[str, dict[datetime, Any]] = field(default_factory=dict)
    slept: float = 0.0
    saves: int = 0
    before_call: Callable[[str], None] = lambda _name: None
    on_sleep: Callable[[float], None] = lambda _slept: None

    def latest(self, family: str, shard: int, since: datetime | None = None) -> Latest:
        """The newest commits."""
        self.before_call("runs.latest")
        key = f"{family}/{shard}"
        scheduled, extra = (
            None if found is None or (since is not None and found.slot < since) else found
            for found in (self.stored.get((family, shard)), self.extra.get((family, shard)))
        )
        newer = extra is not None and (scheduled is None or extra.slot > scheduled.slot)
        return Latest(
            scheduled=Commit(slot=scheduled.slot, object_key=key, sha256="") if scheduled else None,
            extra=Commit(slot=extra.slot, object_key=f"{key}/extra", sha256="") if extra and newer else None,
        )

    def ask(self, family: str, shard: int, slot: datetime) -> None:
        """Notes what was asked for; a test stores what it gives."""
        self.before_call("extras.ask")
        self.asked.append((family, shard, slot))

    def monotonic(self) -> float:
        """A clock that moves by sleeping only."""
        return self.slept

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        self.before_call("sleep")
        self.slept += seconds
        self.on_sleep(self.slept)

    def tell(self, story: Story) -> None:
        """Publishes."""
        self.before_call("stories.tell")
        self.told.append(story)

    def emit(self, stage: str, slot: datetime, values: Mapping[str, float], **dimensions: str) -> None:
        """Counts."""
        self.before_call("emit")
        self.metrics.append((slot, dict(values), {"Stage": stage, **dimensions}))

    def publish(self, files: Mapping[str, str], instant: datetime | None) -> None:
        """Writes files."""
        self.before_call("reports.publish")
        for name, text in files.items():
            self.files[name, instant] = text

    def link(self, name: str, instant: datetime | None) -> str:
        """A link."""
        return f"https://reports/{instant.isoformat() if instant else 'latest'}/{name}"

    def save(self, state: State, stories: tuple[Story, ...]) -> None:
        """Writes state and outbox, all or nothing."""
        self.before_call("states.save")
        if state.version != (0 if self.state is None else self.state["version"]) + 1:
            raise StaleStateError(f"state version {state.version} exists already")
        self.state = to_json(state)
        self.saves += 1
        for story in stories:
            assert story.id not in self.outbox, "a transition was decided twice"
            self.outbox[story.id] = {"story": to_json(story), "told_at": None}

    def pending(self) -> tuple[Story, ...]:
        """Stories not told."""
        self.before_call("states.pending")
        return tuple(from_json(Story, item["story"]) for item in self.outbox.values() if item["told_at"] is None)

    def mark_told(self, story: Story, at: str) -> None:
        """Marks."""
        self.before_call("states.mark_told")
        self.outbox[story.id]["told_at"] = at


@dataclass(frozen=True)
class RunsOf:
    """The ``Runs`` port of a world."""

    world: World

    def latest(self, family: str, shard: int, since: datetime | None = None) -> Latest:
        """The newest commits."""
        return self.world.latest(family, shard, since)

    def between(self, family: str, shard: int, first: datetime, last: datetime) -> list[PackedRun]:
        """What was committed in these slots."""
        self.world.before_call("runs.between")
        runs = {**self.world.committed}
        runs |= {(*key, found.slot): found for key, found in self.world.stored.items()}
        return [
            PackedRun(slot=slot, results=found.results)
            for (a_family, a_shard, slot), found in sorted(runs.items(), key=lambda item: item[0])
            if (a_family, a_shard) == (family, shard) and first <= slot <= last
        ]

    def load(self, commit: Commit) -> Run:
        """The run behind it."""
        self.world.before_call("runs.load")
        family, shard, *kind = commit.object_key.split("/")
        if (family, int(shard)) in self.world.unreadable:
            raise UnreadableRunError(f"object {commit.object_key}: altered")
        runs = self.world.extra if kind else self.world.stored
        return replace(runs[family, int(shard)], object_key=commit.object_key)


@dataclass(frozen=True)
class RequestsOf:
    """The ``Requests`` port of a world."""

    world: World

    def pending(self) -> tuple[Request, ...]:
        """What was asked."""
        self.world.before_call("requests.pending")
        return tuple(self.world.requests)


@dataclass(frozen=True)
class HistoryOf:
    """The ``History`` port of a world. Every item is written once: what is written again changes nothing."""

    world: World

    def past(self, as_of: datetime, longest: timedelta) -> Past:
        """What was kept."""
        self.world.before_call("history.past")
        kept = self.world.kept
        reports = kept.get("report", {})
        return Past(
            runs=distinct(self.tallies(floor_to(as_of, HOUR) - REACH, as_of)),
            hours=[rollup for begin, (rollup, _) in sorted(kept.get("hour", {}).items())],
            days=[rollup for begin, (rollup, _) in sorted(kept.get("day", {}).items()) if begin >= as_of - longest],
            last_report=reports[max(reports)] if reports else None,
        )

    def tallies(self, begin: datetime, end: datetime) -> list[Tally]:
        """All of a time."""
        return [tally for at, tally in sorted(self.world.kept.get("tally", {}).items()) if begin <= at <= end]

    def target_hours(self, day: datetime) -> list[dict[str, TargetRollup]]:
        """Of a day's hours."""
        hours = self.world.kept.get("hour", {})
        return [targets for begin, (_, targets) in sorted(hours.items()) if day <= begin < day + DAY]

    def append_tally(self, tally: Tally) -> None:
        """Keeps."""
        self._append("tally", tally.as_of, tally)

    def append_hour(self, rollup: Rollup, targets: Mapping[str, TargetRollup]) -> None:
        """Keeps."""
        self._append("hour", rollup.begin, (rollup, dict(targets)))

    def append_day(self, rollup: Rollup, targets: Mapping[str, TargetRollup]) -> None:
        """Keeps."""
        self._append("day", rollup.begin, (rollup, dict(targets)))

    def append_report(self, digest: ReportDigest) -> None:
        """Keeps."""
        self._append("report", digest.as_of, digest)

    def _append(self, kind: str, instant: datetime, item: Any) -> None:
        self.world.before_call(f"history.append_{kind}")
        self.world.kept.setdefault(kind, {}).setdefault(instant, item)


@dataclass(frozen=True)
class StatesOf:
    """The ``States`` port of a world."""

    world: World

    def load(self) -> State:
        """The state."""
        self.world.before_call("states.load")
        return State() if self.world.state is None else from_json(State, self.world.state)

    def save(self, state: State, stories: tuple[Story, ...]) -> None:
        """Writes."""
        self.world.save(state, stories)

    def pending(self) -> tuple[Story, ...]:
        """Stories not told."""
        return self.world.pending()

    def mark_told(self, story: Story, at: str) -> None:
        """Marks."""
        self.world.mark_told(story, at)
