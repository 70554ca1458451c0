"""Facts are altered by their types alone, wherever a failure or an absence can stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from auditor.domain.observation import Failure, Phase
from tests.fault_lab.altered import absent, failed, least, otherwise, without

FAILURE = Failure(phase=Phase.TCP, cause="tcp.refused", detail="-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    word: Literal["up", "down"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    address: str
    answer: Answer | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    name: str
    places: tuple[Place, ...]
    notes: tuple[str, ...] = ()
    own: Answer = field(default_factory=lambda: Answer(status=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    tasks: tuple[str, ...] | None = None
    total: int = 0
    unread: Mapping[str, Failure] = field(default_factory=dict)


PLACE = Place(address="10.0.0.1", answer=Answer(status=200, word="up"), failure=None)
FACTS = Facts(name="shop", places=(PLACE, replace(PLACE, address="10.0.0.2")), notes=("a",), own=Answer(status=1))


def test_the_least_holds_only_what_every_probe_records() -> None:
    bare = [Place(address=address, answer=None, failure=None) for address in ("10.0.0.1", "10.0.0.2")]
    assert least(FACTS) == Facts(name="shop", places=tuple(bare))
    assert least(Read(tasks=("t",), total=1)) == Read()


def test_a_failure_stands_wherever_one_can() -> None:
    assert failed(FACTS, FAILURE) == replace(
        FACTS, places=tuple(replace(place, failure=FAILURE) for place in FACTS.places)
    )
    assert failed(Read(tasks=("t",), total=1), FAILURE) == Read(
        tasks=None, total=1, unread={"tasks": FAILURE, "total": FAILURE}
    )


def test_what_may_be_missing_is_found_at_every_depth() -> None:
    assert set(absent(FACTS)) == {("places", "answer"), ("places", "answer", "word")}
    assert set(absent(FACTS, empty=True)) - set(absent(FACTS)) == {("places",), ("notes",)}
    assert set(absent(Read(tasks=("t",)))) == {("tasks",)}


def test_one_fact_is_left_out_of_the_first_of_a_list() -> None:
    assert without(FACTS, ("places", "answer")).places == (replace(PLACE, answer=None), FACTS.places[1])
    assert without(FACTS, ("places",)).places == ()
    assert without(without(FACTS, ("places",)), ("places", "answer")).places == ()
    assert without(Read(tasks=("t",)), ("tasks",)).tasks is None


def test_other_values_of_a_fact_are_those_of_its_type() -> None:
    words = {facts.places[0].answer.word for facts in otherwise(FACTS, ("places", "answer", "word"))}
    assert words == {"down"}
    statuses = {facts.places[0].answer.status for facts in otherwise(FACTS, ("places", "answer"))}
    assert statuses == {200, 0, 1, 10**9}
