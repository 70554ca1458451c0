"""When dead letters that become more are said: one may be that message's own fault."""

from datetime import UTC, datetime

import pytest

from auditor.domain.check import judge
from auditor.domain.observation import Observation, Vantage
from auditor.domain.result import Status
from auditor.domain.target import Target
from functions.queue.checks import CHECKS
from tests.unit.functions.queue.test_knowledge import SPEC, facts, last


@pytest.mark.parametrize(
    ("before", "now", "status"),
    [
        (5.0, 5, Status.PASS),
        (4.0, 5, Status.PASS),
        (0.0, 1, Status.PASS),
        (9.0, 10, Status.PASS),
        (3.0, 5, Status.WARN),
        (8.0, 10, Status.WARN),
        (10.0, 11, Status.FAIL),
        (9.0, 11, Status.FAIL),
        (11.0, 11, Status.PASS),
    ],
)
def test_one_more_dead_letter_passes_within_the_limit_and_more_of_them_do_not(
    before: float, now: int, status: Status
) -> None:
    assert SPEC.max_dead_letters == 10
    target = Target(id="mail", family="queue", service="shop", component="sqs.mail", spec=SPEC)
    observation = Observation(
        family="queue",
        target="mail",
        slot=datetime(2026, 11, 23, 16, 45, tzinfo=UTC),
        vantage=Vantage(kind="function", name="queue"),
        facts=facts(0, now, dead_letters=last(before)),
    )
    results = {result.check: result for result in judge(CHECKS, target, observation)}
    assert results["queue.dead_letters_steady"].status is status
