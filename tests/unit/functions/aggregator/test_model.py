"""Whatever happens to runs and aggregators, the state is that of a plain sequence and nothing is told twice or lost.

Runs come in time, late, twice or never; the aggregator is killed before any of its calls and started again, or is
overtaken by a second one between any two of its calls; DynamoDB, S3 and SNS fail now and then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.domain.bundle import Run, State
from auditor.domain.codec import to_json
from auditor.domain.incidents import Kind
from auditor.domain.verdict import Judging
from functions.aggregator.aggregate import Ports, aggregate
from tests.fakes import (
    BLIND,
    FINE,
    KNOWLEDGE,
    MINUTE,
    REFUSED,
    SHOP,
    T0,
    TIMEOUT,
    WRONG,
    HistoryOf,
    KilledError,
    Moment,
    RequestsOf,
    RunsOf,
    Says,
    StatesOf,
    World,
    aws_error,
    bundle,
    judge_moment,
    run,
)

PLATFORM = replace(SHOP, judging=Judging())
ANSWERS = (FINE, FINE, FINE, WRONG, REFUSED, TIMEOUT, BLIND)
DELIVERIES = ("in time", "in time", "in time", "late", "twice", "never")
FAILING_CALLS = ("states.save", "states.pending", "stories.tell", "states.mark_told", "reports.publish", "runs.load")


@dataclass(frozen=True)
class Step:
    """One minute: what each family saw and how its run arrives, and what happens to the aggregator."""

    said: dict[str, Sequence[Says]]
    deliveries: dict[str, str]
    killed_at: int
    overtaken_at: int
    failing: str
    starts_again: bool


STEPS = st.lists(
    st.builds(
        Step,
        said=st.fixed_dictionaries({t.id: st.sampled_from(ANSWERS) for t in PLATFORM.targets}),
        deliveries=st.fixed_dictionaries({s.family: st.sampled_from(DELIVERIES) for s in PLATFORM.shards}),
        killed_at=st.integers(-20, 24),
        overtaken_at=st.integers(-20, 24),
        failing=st.sampled_from(("",) * 6 + FAILING_CALLS),
        starts_again=st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


@dataclass
class Fate:
    """What happens at which call of one aggregator: it is killed, overtaken by another one, or AWS refuses a call."""

    step: Step
    overtake: Callable[[], None]
    calls: int = 0

    def __call__(self, name: str) -> None:
        self.calls += 1
        if self.calls == self.step.overtaken_at:
            self.overtake()
        if self.calls == self.step.killed_at:
            raise KilledError
        if name == self.step.failing:
            raise aws_error("ThrottlingException", name)


@dataclass
class Reference:
    """The plain sequence: every slot that was judged, once, in order, with what could be seen then."""

    state: State = field(default_factory=State)
    told: list[str] = field(default_factory=list)

    def judge(self, slot: datetime, seen: Sequence[Run]) -> Moment:
        moment = judge_moment(bundle(PLATFORM, slot, seen, self.state))
        self.state = moment.assessment.next_state(moment.bundle)
        self.told += [transition.id for transition in moment.assessment.transitions]
        return moment


def judged(world: World, slot: datetime) -> None:
    aggregate(
        stage="test",
        slot=slot,
        platform=PLATFORM,
        knowledge=KNOWLEDGE,
        ports=Ports(
            runs=RunsOf(world),
            states=StatesOf(world),
            requests=RequestsOf(world),
            reports=world,
            stories=world,
            history=HistoryOf(world),
            extras=world,
            emit=world.emit,
            monotonic=world.monotonic,
            sleep=world.sleep,
            note=world.notes.append,
        ),
        commit_wait_seconds=0.0,
        seconds_per_minute=None,
    )


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_state_and_stories_are_those_of_a_plain_sequence(steps: list[Step]) -> None:
    world, reference = World(), Reference()
    late: list[Run] = []
    for number, step in enumerate(steps):
        slot = T0 + number * MINUTE
        for delayed in late:
            _deliver(world, delayed)
        late = []
        for shard in PLATFORM.shards:
            made = run(PLATFORM, shard.family, slot, step.said, shard.number)
            how = step.deliveries[shard.family]
            late += [made] if how == "late" else []
            for _ in range({"in time": 1, "twice": 2}.get(how, 0)):
                _deliver(world, made)
        saves, told = world.saves, len(world.told)
        marked = {id for id, item in world.outbox.items() if item["told_at"]}
        _minute(world, slot, step)
        if world.saves > saves:
            assert world.saves == saves + 1, "a slot is judged once"
            reference.judge(slot, [world.stored[key] for key in sorted(world.stored)])
        now = [story.id for story in world.told[told:]]
        assert not marked & set(now), "what was marked as told is never told again"
        if not (step.killed_at > 0 or step.overtaken_at > 0 or step.failing):
            assert len(now) == len(set(now)), "told twice only in the window between publishing and marking"
        assert world.state == (to_json(reference.state) if reference.state.version else None)
        assert sorted(world.outbox) == sorted(reference.told), "one message per incident, kind and slot"
    _minute(world, T0 + len(steps) * MINUTE, replace(steps[0], killed_at=0, overtaken_at=0, failing=""))
    assert {story.id for story in world.told} >= set(reference.told), "nothing that was decided is lost"
    _in_order(world)


def _deliver(world: World, made: Run) -> None:
    """As the store does: a slot is committed once, and the newest slot of a shard is its latest run."""
    newest = world.stored.get((made.family, made.shard))
    if newest is None or newest.slot < made.slot:
        world.stored[made.family, made.shard] = made


def _minute(world: World, slot: datetime, step: Step) -> None:
    """One minute of aggregators: one that can die or fail, one that can overtake it, one that starts again."""

    def overtake() -> None:
        before, world.before_call = world.before_call, lambda _name: None
        judged(world, slot)
        world.before_call = before

    world.before_call = Fate(step, overtake)
    try:
        judged(world, slot)
    except KilledError:
        died = True
    except Exception:  # noqa: BLE001 - AWS failed in the middle: Lambda starts it again
        died = True
    else:
        died = False
    world.before_call = lambda _name: None
    if died and step.starts_again:
        judged(world, slot)


def _in_order(world: World) -> None:
    """Of each incident: opened first, then whatever happens, ended at most once before it is opened again."""
    is_open: dict[str, bool] = {}
    for id, item in world.outbox.items():
        kind, incident = item["story"]["kind"], item["story"]["incident"]
        begins, ends = kind in (Kind.OPENED, Kind.AGAIN), kind in (Kind.RESOLVED, Kind.MERGED)
        assert is_open.get(incident, False) is not begins, f"{id} does not follow"
        is_open[incident] = not ends
