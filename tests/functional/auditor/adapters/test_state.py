"""The aggregator's state and its outbox in DynamoDB."""

import gzip
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auditor.adapters.state import StaleStateError, StateStore
from auditor.domain.bundle import State
from auditor.domain.result import Severity
from auditor.domain.story import Story
from auditor.domain.verdict import Seen, TargetState, Verdict
from tests.fakes import MINUTE, REFUSED, SHOP, T0, play

SEEN = Seen(slot=T0, verdict=Verdict.DOWN)


def store_of(aws: Any, stage: str = "test") -> StateStore:
    return StateStore(stage=stage, dynamodb=aws.dynamodb, table_name="runs")


def story(number: int, at: int = 0) -> Story:
    return Story(
        id=f"test/database/opened/{number}",
        kind="opened",
        incident="test/database/1",
        service="database",
        severity=Severity.CRITICAL,
        at=T0 + at * MINUTE,
        subject="Database is DOWN",
        text="because ä\n" * 3,
    )


def test_a_state_of_another_shape_begins_anew_and_is_written_over(aws: Any) -> None:
    store = store_of(aws)
    store.save(State(version=1, as_of=T0), [])
    body = gzip.compress(b'{"version": 1, "verdicts": {}}')
    aws.dynamodb.Table("runs").update_item(
        Key={"pk": "state#test", "sk": "verdicts"},
        UpdateExpression="SET body = :b",
        ExpressionAttributeValues={":b": body},
    )
    assert store.load() == State(version=1)
    store.save(State(version=2, as_of=T0), [])
    assert store.load() == State(version=2, as_of=T0)


def test_the_first_state_is_fresh(aws: Any) -> None:
    assert store_of(aws).load() == State()


def test_a_state_comes_back_whole(aws: Any) -> None:
    last = play(SHOP, [{}, {"db": REFUSED}])[-1]
    first = State(version=1, as_of=T0)
    store_of(aws).save(first, [])
    after = last.assessment.next_state(last.bundle)
    assert after.version == 2
    store_of(aws).save(after, [])
    assert store_of(aws).load() == after
    assert store_of(aws, "other").load() == State()


def big_state(version: int, targets: int) -> State:
    """A state in which hardly two targets look alike, so that little of it can be packed away."""
    random = Random(version)
    known = {
        random.randbytes(112).hex(): TargetState(verdict=Verdict.DOWN, since=T0, recent=(SEEN,)) for _ in range(targets)
    }
    return State(version=version, as_of=T0, targets=known)


def part(aws: Any, name: str) -> dict[str, Any]:
    """One item of the state."""
    item: dict[str, Any] = aws.table.get_item(Key={"pk": "state#test", "sk": name})["Item"]
    return item


def test_a_state_bigger_than_an_item_comes_back_whole(aws: Any) -> None:
    store = store_of(aws)
    for version, targets, parts in ((1, 9000, 4), (2, 5000, 2), (3, 1, 1), (4, 9000, 4)):
        state = big_state(version, targets)
        store.save(state, [story(version)])
        assert part(aws, "verdicts")["parts"] == parts
        assert store.load() == state
    assert len(store.pending()) == 4


def test_who_did_not_see_the_last_big_state_writes_no_part_of_his(aws: Any) -> None:
    store = store_of(aws)
    store.save(big_state(1, 9000), [])
    with pytest.raises(StaleStateError):
        store.save(big_state(1, 5000), [story(1)])
    assert store.load() == big_state(1, 9000)


def test_a_state_that_is_half_of_another_version_is_not_taken(aws: Any) -> None:
    store = store_of(aws)
    store.save(big_state(1, 9000), [])
    aws.table.put_item(Item={**part(aws, "verdicts#02"), "version": 2})
    with pytest.raises(StaleStateError, match="while it was read"):
        store.load()


@pytest.mark.parametrize("version", [1, 3, 0])
def test_who_did_not_see_the_last_state_writes_nothing(aws: Any, version: int) -> None:
    store = store_of(aws)
    store.save(State(version=1, as_of=T0), [])
    before = aws.items()
    with pytest.raises(StaleStateError, match=f"version {version}"):
        store.save(State(version=version, as_of=T0 + MINUTE), [story(1)])
    assert aws.items() == before, "no story without its state"
    assert store.pending() == ()


def test_stories_are_pending_oldest_first_until_they_were_told(aws: Any) -> None:
    store = store_of(aws)
    store.save(State(version=1, as_of=T0), [story(1, at=5), story(2, at=1)])
    assert store.pending() == (story(2, at=1), story(1, at=5))
    store.mark_told(story(2, at=1), "2026-11-23T16:01:00Z")
    assert store.pending() == (story(1, at=5),)
    store.mark_told(story(1, at=5), "2026-11-23T16:05:00Z")
    assert store.pending() == ()
    told = [item for item in aws.items() if item["pk"] == "outbox#test"]
    assert {item["told_at"] for item in told} == {"2026-11-23T16:01:00Z", "2026-11-23T16:05:00Z"}
    assert all(item["expires_at"] > T0.timestamp() + 80 * 86_400 for item in told)
    assert store_of(aws, "other").pending() == ()


def test_a_pending_story_behind_pages_of_told_ones_is_found(aws: Any) -> None:
    store = store_of(aws)
    # A query's page ends at 1 MiB, counted before the filter.
    filler = {"pk": "outbox#test", "told_at": "x", "story": "y" * 300_000}
    for number in range(5):
        aws.table.put_item(Item={**filler, "sk": f"a{number}"})
    store.save(State(version=1, as_of=T0), [story(1)])
    assert store.pending() == (story(1),)


def test_a_refusal_that_is_no_conflict_is_no_stale_state(refuse: Any) -> None:
    refuser = refuse("AccessDeniedException")
    store = StateStore(stage="test", dynamodb=refuser.dynamodb(), table_name="runs")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        store.save(State(version=1, as_of=T0), [])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        store.load()
