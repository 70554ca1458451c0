"""Every hostile peer of a journey leads to its labelled outcome, in time, in little memory, and nothing is green."""

from datetime import timedelta

import pytest

from auditor.domain.result import Status
from functions.journey.checks import CHECKS
from functions.journey.credential import Credential
from functions.journey.facts import JourneyFacts
from functions.journey.family import JourneySpec
from functions.journey.probe import observe
from tests.functional.functions.database.conftest import Listeners

from .journey_peers import PEERS, waits
from .outcome import GRACE, MOST_MEMORY, probed


@pytest.mark.parametrize("name", PEERS)
def test_a_hostile_server(name: str, listeners: Listeners) -> None:
    script, (cause, phase) = PEERS[name]
    request = 0.25 if waits(name) else 1.0
    spec = JourneySpec(
        url=f"http://127.0.0.1:{listeners.tcp(script)}",
        enabled=True,
        credential=Credential(secret="platform/canary"),
        timeout=timedelta(seconds=request * 4),
        cleanup_timeout=timedelta(seconds=request),
        request_timeout=timedelta(seconds=request),
        slow_after=timedelta(seconds=request),
    )
    outcome = probed(spec, observe, CHECKS, JourneyFacts, weighed="without end" in name)
    assert outcome.observation.could_not_tell is None, outcome.observation.could_not_tell
    first = outcome.results["experiment_created"]
    assert (first.status, first.cause, first.phase) == (Status.FAIL, cause, phase), first.summary
    assert [result.status for result in outcome.results.values() if result.status is Status.PASS] == []
    assert outcome.seconds < request * 4 + GRACE
    assert outcome.peak < MOST_MEMORY
    for thread in outcome.workers:
        thread.join(1)
    assert not any(thread.is_alive() for thread in outcome.workers), "a worker thread is still busy with the peer"
