"""A simulated day through the real aggregator over ports in memory: noise opens nothing, faults open once."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from auditor.domain.observation import Phase
from auditor.domain.result import Status
from auditor.domain.topology import Platform
from auditor.domain.verdict import Judging
from auditor.names import METRIC_OPEN_INCIDENTS
from functions.aggregator.aggregate import Ports, aggregate
from tests.fakes import (
    KNOWLEDGE,
    MINUTE,
    REFUSED,
    T0,
    WRONG,
    HistoryOf,
    RequestsOf,
    RunsOf,
    Says,
    StatesOf,
    World,
    platform,
    run,
    target,
)

pytestmark = pytest.mark.slow
"""A day is 1,440 reports."""

DAY = 24 * 60
SLOW_SHARE = 0.05
LOST_SHARE = 1 / 200
LIMIT_MS, NORMAL_MS, SLOW_MS, RETRANSMISSION_MS = 1000, 120, 2400, 1000
Slot = Mapping[str, Sequence[Says]]


def estate(services: int) -> Platform:
    """Services of two pages each; every third needs the first one, which keeps the data."""
    names = [f"service-{number:02}" for number in range(services)]
    pages = [target(f"{name}-{page}", "page", name) for name in names for page in ("home", "search")]
    store = target("data", "store", "data")
    needs = [(name, "data") for number, name in enumerate(names) if number % 3 == 0]
    return replace(platform([*pages, store], needs=needs), judging=Judging())


ESTATE = estate(8)


def latency_warns(dice: random.Random) -> bool:
    """The samples of a healthy service as the http probe takes them: more of them where the first is slow."""
    slow = []
    while not slow or (slow[0] and max(sum(slow), len(slow) - sum(slow)) < 3):
        took_ms = SLOW_MS if dice.random() < SLOW_SHARE else NORMAL_MS
        took_ms += RETRANSMISSION_MS if dice.random() < LOST_SHARE else 0
        slow.append(took_ms > LIMIT_MS)
    return sum(slow) > len(slow) / 2


SLOW = (Says("reachable"), Says("answers", Status.WARN, "page.status", Phase.FIRST_BYTE))
ONE_ADDRESS_GONE = (Says("reachable"), Says("answers"), Says("every_address", Status.WARN, "tcp.refused", Phase.TCP))


def noise(dice: random.Random, minute: int) -> dict[str, Sequence[Says]]:
    """A healthy minute: slow samples, lost packets, and every two hours a rolling deployment of one service."""
    said: dict[str, Sequence[Says]] = {t.id: SLOW for t in ESTATE.targets if latency_warns(dice)}
    deployed, since = divmod(minute, 120)
    if since in (3, 7):  # the old task of one zone goes, then that of the other
        said[f"service-{deployed % 8:02}-home"] = ONE_ADDRESS_GONE
    return said


@dataclass(frozen=True)
class Fault:
    """A real outage: a target fails from ``begins`` on, for ``lasts`` minutes."""

    target: str
    says: Sequence[Says]
    begins: int
    lasts: int


class Day:
    """The aggregator minute by minute, with what it told and paged."""

    def __init__(self, where: Platform) -> None:
        self.where = where
        self.world = World()
        self.pages: dict[str, list[int]] = {}
        """Service to the minutes in which its alarm was raised."""

    def minute(self, number: int, said: Slot, *, stands: bool = False) -> None:
        slot = T0 + number * MINUTE
        for shard in () if stands else self.where.shards:
            self.world.stored[shard.family, shard.number] = run(self.where, shard.family, slot, said, shard.number)
        seen = len(self.world.metrics)
        self.world.files.clear()
        aggregate(
            stage="test",
            slot=slot,
            platform=self.where,
            knowledge=KNOWLEDGE,
            ports=Ports(
                runs=RunsOf(self.world),
                states=StatesOf(self.world),
                requests=RequestsOf(self.world),
                reports=self.world,
                stories=self.world,
                history=HistoryOf(self.world),
                extras=self.world,
                emit=self.world.emit,
                monotonic=self.world.monotonic,
                sleep=self.world.sleep,
                note=self.world.notes.append,
            ),
            commit_wait_seconds=0.0,
            seconds_per_minute=None,
        )
        for _, values, dimensions in self.world.metrics[seen:]:
            if values.get(METRIC_OPEN_INCIDENTS):
                self.pages.setdefault(dimensions["Service"], []).append(number)
        del self.world.metrics[:]

    def told(self, kind: str) -> list[tuple[str, datetime]]:
        return [(story.service, story.at) for story in self.world.told if story.kind == kind]


def lived(said: Callable[[int], Slot], where: Platform = ESTATE, minutes: int = DAY) -> Day:
    day = Day(where)
    for number in range(minutes):
        day.minute(number, said(number))
    return day


def test_a_day_of_healthy_noise_opens_nothing() -> None:
    dice = random.Random(20261125)
    warned = 0

    def said(minute: int) -> Slot:
        nonlocal warned
        made = noise(dice, minute)
        warned += len(made)
        return made

    day = lived(said)
    assert warned > 20, "the noise was there"
    assert day.world.told == []
    assert day.pages == {}


def test_twenty_faults_in_a_day_of_noise_open_and_end_once_each_and_none_is_missed() -> None:
    dice = random.Random(7)
    ids = [t.id for t in ESTATE.targets]
    faults = [
        Fault(
            target=ids[number % len(ids)],
            says=dice.choice((REFUSED, WRONG)),
            begins=20 + number * 70,
            lasts=dice.randint(3, 45),
        )
        for number in range(20)
    ]

    def said(minute: int) -> Slot:
        broken = {f.target: f.says for f in faults if f.begins <= minute < f.begins + f.lasts}
        return noise(dice, minute) | broken

    day = lived(said)
    opened, resolved = day.told("opened"), day.told("resolved")
    assert len(opened) == len(resolved) == 20
    assert {story.kind for story in day.world.told} == {"opened", "resolved"}
    assert len({story.id for story in day.world.told}) == 40
    for fault, (service, at), (ended_service, ended) in zip(faults, opened, resolved, strict=True):
        owner = ESTATE.target(fault.target).service
        assert (service, ended_service) == (owner, owner)
        minutes_until_told = (at - T0) / MINUTE - fault.begins
        assert 1 <= minutes_until_told <= 3, "two of three slots, and one more where blame waits"
        assert 1 <= (ended - T0) / MINUTE - (fault.begins + fault.lasts) <= 4
        assert (at - T0) // MINUTE in day.pages[owner], "the alarm is raised in the same slot"
    assert day.world.notes == []


def test_a_dependency_of_fifty_services_dies_and_one_alarm_and_one_story_with_fifty_victims_tell_it() -> None:
    names = [f"service-{number:02}" for number in range(50)]
    where = replace(
        platform(
            [*(target(f"{name}-home", "page", name) for name in names), target("data", "store", "data")],
            needs=[(name, "data") for name in names],
        ),
        judging=Judging(),
    )
    everything = {**{f"{name}-home": WRONG for name in names}, "data": REFUSED}
    day = lived(lambda minute: everything if 10 <= minute < 40 else {}, where, minutes=60)
    assert [(story.kind, story.service) for story in day.world.told] == [("opened", "data"), ("resolved", "data")]
    assert set(day.pages) == {"data"}
    text = day.world.told[0].text
    assert "Also failing because of this:" in text
    assert "and 30 more" in text, "twenty of the fifty are named"


def test_a_day_switched_off_is_told_as_unknown_and_nothing_is_invented_for_it() -> None:
    day = lived(lambda _minute: {}, minutes=10)
    for number in range(10, 30):
        day.minute(number, {}, stands=True)
    state = StatesOf(day.world).load()
    assert {str(service.verdict) for service in state.services.values()} == {"UNKNOWN"}
    later = DAY + 30
    for number in range(later, later + 30):
        day.minute(number, {"service-01-home": WRONG} if number == later else {})
    assert day.world.told == [], "no storm when it comes back, and one bad slot is still nothing"
    assert day.pages == {}
    state = StatesOf(day.world).load()
    assert {str(service.verdict) for service in state.services.values()} == {"HEALTHY"}
    assert state.services["data"].since == T0 + later * MINUTE
