"""The auditor's own delay is not laid to the peer: here another probe holds the loop up, as a throttled CPU would."""

import socket
import time
from typing import Any

import pytest

from auditor.domain.observation import Observation, Phase, PhaseTiming
from auditor.net.network import Network
from auditor.net.probe import Probe
from auditor.net.run import ProbeJob
from auditor.net.stream import Stream

from .conftest import Servers, job, run
from .test_dns import address, reply

STALL = 0.4


async def stalls(probe: Probe) -> None:
    """Lets the others ask, then keeps the only thread busy for longer than any answer takes."""
    await probe.loop.sleep(0.02)
    time.sleep(STALL)


def beside_a_stall(probed: ProbeJob, **options: Any) -> Observation[Any]:
    observation, _ = run([probed, job("stall", stalls, timeout=5)], **options)
    return observation


def timing(observation: Observation[Any], phase: Phase) -> PhaseTiming:
    (found,) = [timing for timing in observation.phases if timing.phase is phase]
    return found


def answers_after(seconds: float):
    def serve(connection: socket.socket) -> None:
        connection.recv(10)
        time.sleep(seconds)
        connection.sendall(b"pong")

    return serve


def asking(port: int):
    async def work(probe: Probe) -> object:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        await stream.send(b"ping")
        return await probe.step(
            Phase.QUERY, stream.receive(), peer="peer", timeout_cause="x.silent", timeout_words="was silent"
        )

    return work


def test_an_answer_is_timed_when_the_kernel_had_it(servers: Servers) -> None:
    port = servers.tcp(answers_after(0.1))
    query = timing(beside_a_stall(job("late", asking(port), timeout=5)), Phase.QUERY)
    assert 95 < query.duration_ms < 250
    assert query.own_ms > 150
    assert query.duration_ms + query.own_ms > STALL * 1000


def test_a_connection_is_timed_by_the_kernels_round_trip(servers: Servers) -> None:
    port = servers.tcp(lambda connection: connection.recv(1) and None)

    async def work(probe: Probe) -> object:
        connecting = probe.connect("127.0.0.1", port)
        await probe.loop.sleep(0.02)  # due in the round in which the loop is held up
        return await connecting

    tcp = timing(beside_a_stall(job("late", work, timeout=5)), Phase.TCP)
    assert tcp.duration_ms < 150


def test_a_name_is_timed_when_the_kernel_had_the_answer(servers: Servers) -> None:
    def slow(query: bytes) -> list[bytes]:
        time.sleep(0.1)
        return [reply(query, address("web.test", "127.0.0.1")).pack()]

    network = Network(resolver=("127.0.0.1", servers.udp(slow)))
    name = timing(beside_a_stall(job("late", lambda p: p.resolve("web.test"), timeout=5), network=network), Phase.NAME)
    assert 95 < name.duration_ms < 250
    assert name.own_ms > 150


def test_an_answer_in_time_counts_although_we_look_after_the_deadline(servers: Servers) -> None:
    port = servers.tcp(answers_after(0.05))
    assert beside_a_stall(job("late", asking(port), timeout=0.3)).facts == b"pong"


def test_own_computing_stands_beside_the_phase(servers: Servers) -> None:
    port = servers.tcp(answers_after(0.0))

    async def work(probe: Probe) -> object:
        async def computing() -> bytes:
            stream = await probe.connect("127.0.0.1", port)
            assert isinstance(stream, Stream)
            time.sleep(0.2)
            await stream.send(b"ping")
            return await stream.receive()

        return await probe.step(
            Phase.QUERY, computing(), peer="peer", timeout_cause="x.silent", timeout_words="was silent"
        )

    (observation,) = run([job("busy", work, timeout=5)])
    query = timing(observation, Phase.QUERY)
    assert query.duration_ms < 100
    assert query.own_ms >= 200
    assert (observation.latency_ms() or 0) < 100


def test_a_peer_without_fair_time_is_not_called_silent(servers: Servers) -> None:
    """Of a probe's 0.4 s the auditor itself took 0.35: nothing is known of the peer, and nobody may be woken."""
    port = servers.tcp(lambda connection: connection.recv(1) and time.sleep(1))

    async def work(probe: Probe) -> object:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        time.sleep(0.35)
        await stream.send(b"?")
        return await probe.step(
            Phase.QUERY, stream.receive(), peer="peer", timeout_cause="x.silent", timeout_words="was silent"
        )

    (observation,) = run([job("starved", work, timeout=0.4)])
    assert observation.facts is None
    assert observation.could_not_tell is not None
    assert observation.could_not_tell.cause == "self.deadline"
    assert "kept from running" in observation.could_not_tell.detail


@pytest.mark.parametrize("share", [0.2, 0.4])
def test_probes_start_no_faster_than_the_cpu_share_allows(share: float) -> None:
    async def burns(probe: Probe) -> None:
        until = time.process_time() + 0.005
        while time.process_time() < until:
            pass

    begun, used = time.monotonic(), time.process_time()
    run([job(f"t{n}", burns) for n in range(20)], cpu_share=share)
    wall, cpu = time.monotonic() - begun, time.process_time() - used
    assert wall > (cpu - 0.02) / share
