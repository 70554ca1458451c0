"""What was counted, in DynamoDB: written once, read back the same, and not read again where it is known."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auditor.adapters import rollups as module
from auditor.adapters.rollups import RollupStore
from auditor.domain.change import ReportDigest
from auditor.domain.histogram import Histogram
from auditor.domain.history import DAY, HOUR
from auditor.domain.past import Past
from auditor.domain.rollup import Counts, Rollup, Span, TargetRollup
from auditor.domain.tally import RunTally, Tally
from auditor.domain.verdict import Verdict
from tests.fakes import MINUTE, T0

LONGEST = 90 * DAY


def tally(as_of: datetime, outcomes: str = "PF") -> Tally:
    run = RunTally(
        family="page",
        shard=0,
        slot=as_of,
        minutes=1,
        targets=("home", "orders"),
        outcomes=outcomes,
        buckets=(230, None),
        services={"web": Counts(passed=1, failed=1)},
    )
    return Tally(as_of=as_of, score=87.5, runs=(run,))


def rollup(begin: datetime) -> Rollup:
    return Rollup(
        begin=begin,
        services={"web": Span(Counts(passed=59, unknown=1), 59)},
        latencies={"web": Histogram({-3: 1, 230: 200})},
        score_sum=100.5,
        scored=2,
    )


TARGETS = {f"t{n}": TargetRollup(Counts(passed=n), Histogram({n: n + 1})) for n in range(40)}


@pytest.fixture
def store(aws: Any) -> RollupStore:
    return RollupStore(stage="test", table=aws.table)


def fresh(aws: Any) -> RollupStore:
    return RollupStore(stage="test", table=aws.table)


def test_everything_comes_back_as_it_was(aws: Any, store: RollupStore) -> None:
    store.append_tally(tally(T0))
    store.append_hour(rollup(T0 - HOUR), TARGETS)
    store.append_day(rollup(T0.replace(hour=0) - DAY), TARGETS)
    digest = ReportDigest(
        as_of=T0,
        score=None,
        services={"web": Verdict.DOWN},
        problems=("home page.reachable",),
        findings=(),
        availability_percent={"web": 99.5, "db": None},
    )
    store.append_report(digest)
    past = fresh(aws).past(T0 + MINUTE, LONGEST)
    assert past == Past(
        runs=list(tally(T0).runs),
        hours=[rollup(T0 - HOUR)],
        days=[rollup(T0.replace(hour=0) - DAY)],
        last_report=digest,
    )
    assert fresh(aws).tallies(T0, T0) == [tally(T0)]
    assert list(store.target_hours(T0.replace(hour=0))) == [TARGETS]


def test_nothing_was_kept_yet(store: RollupStore) -> None:
    assert store.past(T0, LONGEST) == Past(runs=[], hours=[], days=[], last_report=None)
    assert store.tallies(T0 - DAY, T0) == []


def test_what_was_written_first_stands(aws: Any, store: RollupStore) -> None:
    store.append_tally(tally(T0))
    store.append_hour(rollup(T0), TARGETS)
    before = aws.items()
    store.append_tally(tally(T0, "FF"))
    store.append_hour(Rollup(begin=T0, services={}), {"t0": TargetRollup(Counts(failed=9), Histogram())})
    assert aws.items() == before


def test_every_kind_expires(aws: Any, store: RollupStore) -> None:
    store.append_tally(tally(T0))
    store.append_hour(rollup(T0), TARGETS)
    store.append_day(rollup(T0), TARGETS)
    kept = {item["sk"].partition("#")[0]: int(item["expires_at"]) - int(T0.timestamp()) for item in aws.items()}
    days = {kind: seconds // 86_400 for kind, seconds in kept.items()}
    assert days == {"tally": 2, "hour": 35, "day": 400, "targets-hour": 35, "targets-day": 400}


def test_targets_are_parted_before_an_item_grows_too_large(
    aws: Any, store: RollupStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PART_BYTES", 100)
    store.append_hour(rollup(T0), TARGETS)
    parts = [item for item in aws.items() if item["sk"].startswith("targets-hour#")]
    assert len(parts) > 3
    assert max(len(bytes(item["body"])) for item in parts) < 130
    found = list(store.target_hours(T0.replace(hour=0)))
    assert {id: target for part in found for id, target in part.items()} == TARGETS


def test_a_day_reads_the_targets_of_its_own_hours_only(store: RollupStore) -> None:
    midnight = T0.replace(hour=0)
    for number in (-1, 0, 23, 24):
        one = {f"h{number}": TargetRollup(Counts(passed=1), Histogram())}
        store.append_hour(rollup(midnight + number * HOUR), one)
    assert [set(part) for part in store.target_hours(midnight)] == [{"h0"}, {"h23"}]


def test_only_what_the_windows_need_is_read(store: RollupStore) -> None:
    for back in (0, 1, 2, 3, 4, 5):
        store.append_tally(tally(T0 - back * HOUR))
    for back in (1, 24 * 4, 24 * 6):
        store.append_hour(rollup(T0 - back * HOUR), {})
    for back in (1, 89, 91, 92):
        store.append_day(rollup(T0.replace(hour=0) - back * DAY), {})
    past = store.past(T0, LONGEST)
    assert [run.slot for run in past.runs] == [T0 - back * HOUR for back in (2, 1, 0)]
    assert [hour.begin for hour in past.hours] == [T0 - 24 * 4 * HOUR, T0 - HOUR]
    assert [day.begin for day in past.days] == [T0.replace(hour=0) - back * DAY for back in (89, 1)]


class Counting:
    """A table that counts the items which queries return."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.items = 0

    def query(self, **more: Any) -> Any:
        answer = self._table.query(**more)
        self.items += len(answer["Items"])
        return answer


def test_what_is_known_is_not_read_again(aws: Any, store: RollupStore) -> None:
    for minute in range(60):
        store.append_tally(tally(T0 + minute * MINUTE))
    for back in range(1, 20):
        store.append_day(rollup(T0.replace(hour=0) - back * DAY), {})
    table = Counting(aws.table)
    reader = RollupStore(stage="test", table=table)
    reader.past(T0 + 60 * MINUTE, LONGEST)
    assert table.items == 79
    store.append_tally(tally(T0 + 60 * MINUTE))
    table.items = 0
    past = reader.past(T0 + 61 * MINUTE, LONGEST)
    assert len(past.runs) == 61
    assert table.items <= 5


def test_a_slow_writers_tally_is_seen_though_a_newer_one_was(aws: Any, store: RollupStore) -> None:
    store.append_tally(tally(T0 + MINUTE))
    assert len(store.past(T0 + 2 * MINUTE, LONGEST).runs) == 1
    fresh(aws).append_tally(tally(T0))
    assert len(store.past(T0 + 3 * MINUTE, LONGEST).runs) == 2


def test_what_is_too_old_leaves_the_memory(aws: Any, store: RollupStore) -> None:
    store.append_tally(tally(T0))
    store.past(T0 + MINUTE, LONGEST)
    assert store.past(T0 + timedelta(hours=3, minutes=1), LONGEST).runs == []


def test_a_table_that_refuses_is_no_silence(refuse: Callable[..., Any]) -> None:
    table = refuse("AccessDeniedException").dynamodb().Table("runs")
    broken = RollupStore(stage="test", table=table)
    with pytest.raises(ClientError):
        broken.past(T0, LONGEST)
    with pytest.raises(ClientError):
        broken.append_tally(tally(T0))
