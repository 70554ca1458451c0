"""What a queue lets one say."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.domain.diagnosis.queue_claims import DeadLettersGrow, QueueWaits
from functions.queue.facts import (
    TREND_VALUES,
    QueueFacts,
    RedriveFacts,
    StoredFacts,
    TrendFacts,
    growth,
    newest,
    recently,
)
from functions.queue.family import QueueSpec
from tests.knowing import claims

SPEC = QueueSpec(queue="mail", dead_letters="mail-failed", consumer="code.mailer")
NOTHING = (None,) * TREND_VALUES


def stored(name: str, waiting: int) -> StoredFacts:
    return StoredFacts(
        name=name, waiting=waiting, in_flight=0, delayed=0, retention_seconds=345_600, visibility_timeout_seconds=30
    )


def last(*values: float | None) -> tuple[float | None, ...]:
    return (*NOTHING[len(values) :], *values)


TREND = TrendFacts(
    waiting=NOTHING, oldest_seconds=NOTHING, sent=NOTHING, received=NOTHING, deleted=NOTHING, dead_letters=NOTHING
)


def facts(waiting: int = 0, letters: int = 0, **trend: Any) -> QueueFacts:
    return QueueFacts(
        exists=True,
        stored=stored("mail", waiting),
        redrive=RedriveFacts(dead_letters="mail-failed", max_receives=3),
        dead_letters=stored("mail-failed", letters),
        dead_letters_exist=True,
        trend=replace(TREND, **trend),
    )


def said(seen: QueueFacts) -> list[Any]:
    return claims("queue", SPEC, seen, component="sqs.mail")


def test_messages_that_wait_too_long_are_said_with_what_is_done_about_them() -> None:
    (waits,) = said(facts(7, oldest_seconds=last(1800.0), received=last(0.0, 0.0), deleted=last(0.0, 0.0)))
    assert isinstance(waits, QueueWaits)
    assert (waits.component, waits.consumer, waits.waiting, waits.received, waits.done) == (
        "sqs.mail",
        "code.mailer",
        7,
        0.0,
        0.0,
    )


@pytest.mark.parametrize(
    "seen",
    [facts(7, oldest_seconds=last(30.0)), facts(0, oldest_seconds=last(1800.0)), facts(7), QueueFacts(exists=False)],
    ids=["young", "none waits", "age not measured", "no queue"],
)
def test_nothing_is_said_of_a_queue_that_is_not_seen_to_wait_too_long(seen: QueueFacts) -> None:
    assert said(seen) == []


@pytest.mark.parametrize(
    ("waiting", "oldest", "drains"),
    [(0, NOTHING, True), (5, last(10.0), True), (5, last(3000.0), False), (5, NOTHING, None)],
)
def test_dead_letters_that_grow_are_said_with_whether_the_others_are_handled(
    waiting: int, oldest: tuple[float | None, ...], drains: bool | None
) -> None:
    found = said(facts(waiting, 9, dead_letters=last(2.0, 4.0), oldest_seconds=oldest))
    (grown,) = [claim for claim in found if isinstance(claim, DeadLettersGrow)]
    assert (grown.count, grown.grown_by, grown.drains) == (9, 7.0, drains)


@pytest.mark.parametrize("series", [NOTHING, last(9.0, 9.0), last(30.0, 20.0), (2.0, *last(9.0)[1:])])
def test_dead_letters_that_lie_there_or_become_fewer_say_nothing(series: tuple[float | None, ...]) -> None:
    assert said(facts(0, 9, dead_letters=series)) == []


@pytest.mark.parametrize(("before", "grown"), [(5.0, []), (4.0, []), (3.0, [2.0])])
def test_one_more_dead_letter_is_that_messages_own_and_two_are_said(before: float, grown: list[float]) -> None:
    found = said(facts(0, 5, dead_letters=last(before)))
    assert [claim.grown_by for claim in found if isinstance(claim, DeadLettersGrow)] == grown


def test_a_value_that_is_old_or_missing_is_not_the_newest_and_adds_nothing() -> None:
    assert newest((*NOTHING[4:], 7.0, None, None, None)) is None
    assert newest(last(7.0, None, None)) == 7.0
    assert recently((5.0, *NOTHING[1:])) is None
    assert recently(last(1.0, None, 2.0)) == 3.0
    assert growth(NOTHING, 5) is None
