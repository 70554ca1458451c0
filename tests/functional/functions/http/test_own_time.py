"""A slow auditor is no slow endpoint: while it was kept from running it claims no ``http.slow``."""

import socket
import time
from datetime import UTC, datetime, timedelta

from auditor.domain.check import judge
from auditor.domain.observation import Observation, Vantage
from auditor.domain.result import Status
from auditor.domain.target import Target
from auditor.net.network import Network
from auditor.net.probe import Probe
from auditor.net.run import ProbeJob, run_probes
from functions.http.checks import CHECKS
from functions.http.family import HttpSpec
from functions.http.probe import observe

from .conftest import HeldSecrets, StartPeer, answers


def test_a_stalled_auditor_claims_no_slow_endpoint(start: StartPeer, network: Network, secrets: HeldSecrets) -> None:
    def answers_late(connection: socket.socket, request: str) -> None:
        time.sleep(0.1)  # by then the auditor stalls, so that the answer lies in the kernel for a while
        answers()(connection, request)

    spec = HttpSpec(url=start(answers_late).url(), slow_after=timedelta(seconds=0.25))
    target = Target(id="web", family="http", service="web", component="app.web", spec=spec)
    second = timedelta(seconds=5)

    async def stalls(probe: Probe) -> Observation[None]:
        time.sleep(0.5)
        return probe.observation(None)

    observation, _ = run_probes(
        [
            ProbeJob(target="web", timeout=second, observe=lambda probe: observe(target, probe)),
            ProbeJob(target="stall", timeout=second, observe=stalls),
        ],
        family="http",
        slot=datetime(2026, 11, 23, 16, 47, tzinfo=UTC),
        vantage=Vantage(kind="workstation", name="test"),
        network=network,
        secrets=secrets,
        within=timedelta(seconds=10),
    )
    assert sum(phase.own_ms for phase in observation.phases) > 300
    results = {result.check: result for result in judge(CHECKS, target, observation)}
    assert results["http.responds_in_time"].status is Status.PASS
    assert (results["http.responds_in_time"].latency_ms or 0) < 250
