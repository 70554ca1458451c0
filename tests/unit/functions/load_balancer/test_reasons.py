"""AWS's codes and texts of target health, and what minutes add up to."""

import pytest

from functions.load_balancer.facts import Reason, State
from functions.load_balancer.reasons import MAX_CODES, codes_of, reason_of, state_of
from functions.load_balancer.traffic import commonest_own_error, share
from tests.unit.functions.load_balancer.shop import minutes

NOT_IN_USE = "Target.NotInUse"


@pytest.mark.parametrize(
    ("text", "attached", "reason"),
    [
        ("Target is in an Availability Zone that is not enabled for the load balancer", True, Reason.ZONE_NOT_ENABLED),
        ("Target group is not configured to receive traffic from the load balancer", True, Reason.NOT_ATTACHED),
        ("Target group is not configured to receive traffic from the load balancer", False, Reason.NOT_ATTACHED),
        ("", True, Reason.ZONE_NOT_ENABLED),
        ("", False, Reason.NOT_ATTACHED),
    ],
)
def test_not_in_use_stands_for_two_things(text: str, attached: bool, reason: Reason) -> None:
    assert reason_of(NOT_IN_USE, text, attached=attached) is reason


def test_codes_and_states_that_are_not_known_are_other() -> None:
    assert reason_of("Target.Novelty", "", attached=True) is Reason.OTHER
    assert reason_of("", "", attached=True) is Reason.NONE
    assert (state_of("unhealthy.draining"), state_of("novel")) == (State.UNHEALTHY, State.OTHER)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Health checks failed with these codes: [308]", (308,)),
        ("Health checks failed with these codes: [502, 503, 502]", (502, 503)),
        ("Health checks failed with these codes: [12]", (12,)),  # gRPC's
        ("Health checks failed", ()),
        ("Health checks failed with these codes: []", ()),
        ("[9999]", ()),
        (f"[{', '.join(map(str, range(400, 420)))}]", ()),
        (f"[{', '.join(map(str, range(400, 408)))}]", tuple(range(400, 400 + MAX_CODES))),
    ],
)
def test_the_statuses_in_brackets_are_read(text: str, codes: tuple[int, ...]) -> None:
    assert codes_of(text) == codes


def test_a_balancers_own_503_come_on_top_of_its_requests() -> None:
    measured = share({"requests": minutes(60.0), "own_503": minutes(40.0), "own_5xx": minutes(40.0)}, "own_5xx")
    assert measured is not None
    assert (measured.count, measured.total, measured.percent) == (40.0, 100.0, 40.0)
    assert share({"own_5xx": minutes(9.0)}, "own_5xx") is not None
    assert share({"target_4xx": minutes(9.0)}, "own_5xx") is None


def test_the_commonest_of_its_own_errors_is_told() -> None:
    assert commonest_own_error({"own_5xx": minutes(9.0), "own_504": minutes(5.0), "own_502": minutes(4.0)}) == "own_504"
    assert commonest_own_error({"own_5xx": minutes(9.0), "own_502": minutes(1.0)}) == "own_5xx"
    assert commonest_own_error({"own_5xx": minutes(9.0)}) == "own_5xx"
