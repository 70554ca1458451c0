"""The evaluator against a reference that was written without sight of it, on random VPCs; and bugs that this finds."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from functions.vpc.evaluator import evaluate
from functions.vpc.network_model import Network, Question
from tests.vpc_reference.packets import answer
from tests.vpc_reference.planted import BUGS, planted
from tests.vpc_reference.topologies import topology

TOPOLOGIES = 10_000


def asked(first: int, last: int) -> Iterator[tuple[int, Network, Question]]:
    for seed in range(first, last):
        network, questions = topology(Random(seed))
        for question in questions:
            yield seed, network, question


def compare(first: int, last: int) -> Counter[str]:
    """How often which line stopped; fails at the first difference."""
    seen: Counter[str] = Counter()
    for seed, network, question in asked(first, last):
        expected = answer(network, question)
        assert evaluate(network, question) == expected, f"topology {seed}, {question}"
        stop = expected.stop
        seen["admitted" if stop is None else f"{stop.kind} {stop.owner} {stop.packet} {stop.why}"] += 1
    return seen


def test_a_thousand_topologies_without_a_difference() -> None:
    compare(0, 1_000)


@pytest.mark.slow
def test_ten_thousand_topologies_without_a_difference_and_every_line_stops_some() -> None:
    seen = compare(0, TOPOLOGIES)
    assert seen["admitted"] > TOPOLOGIES
    assert len(seen) > 25
    assert min(seen.values()) >= 3


# Most differ within ten topologies; the rarest is a rule of the NAT gateway's own subnet.
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    broken = planted(bug)
    for _, network, question in asked(0, TOPOLOGIES):
        if broken(network, question) != answer(network, question):
            return
    pytest.fail(f"{TOPOLOGIES} topologies do not show that {bug}")
