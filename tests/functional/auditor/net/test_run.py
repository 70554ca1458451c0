"""Runs of many probes: deadlines hold, bad targets harm no good ones, and every exception ends as an observation."""

import socket
import threading
import time
from datetime import timedelta

import pytest

from auditor.domain.observation import Failure, Observation, Phase
from auditor.net.loop import Loop
from auditor.net.probe import CouldNotTellError, Probe
from auditor.net.run import ProbeJob
from auditor.net.stream import Stream

from .conftest import NOWHERE, SLOT, VANTAGE, NoSecrets, Servers, job, one, run


def connecting(port: int, host: str = "127.0.0.1"):
    return lambda probe: probe.connect(host, port)


def test_black_holes_cost_the_deadline_and_nobody_else_anything(servers: Servers) -> None:
    healthy, hole = servers.tcp(lambda connection: connection.recv(1) and None), servers.black_hole()
    jobs = [job(f"t{n}", connecting(hole if n % 4 == 0 else healthy), timeout=1.0) for n in range(200)]
    begun = time.monotonic()
    observations = run(jobs)
    assert time.monotonic() - begun < 1.3
    assert [seen.target for seen in observations] == [f"t{n}" for n in range(200)]
    for number, seen in enumerate(observations):
        if number % 4 == 0:
            assert isinstance(seen.facts, Failure)
            assert seen.facts.cause == "tcp.timeout"
        else:
            assert isinstance(seen.facts, Stream), seen


def test_no_more_than_max_in_flight_run_at_once() -> None:
    running = most = 0

    async def work(probe: Probe) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await probe.loop.sleep(0.02)
        running -= 1

    run([job(f"t{n}", work) for n in range(20)], max_in_flight=3)
    assert most == 3


def test_the_run_ends_in_time_with_what_it_has(servers: Servers) -> None:
    silent = servers.tcp(lambda connection: connection.recv(1) and None)

    async def quick(probe: Probe) -> int:
        return 1

    async def slow(probe: Probe) -> object:
        stream = await probe.connect("127.0.0.1", silent)
        assert isinstance(stream, Stream)
        try:
            return await probe.step(
                Phase.LOGIN, stream.receive(), peer="p", timeout_cause="x.silent", timeout_words="was silent"
            )
        except Exception:  # noqa: BLE001 - what a careless family might do
            return None

    begun = time.monotonic()
    finished, cut, waiting = (
        run([job("finished", quick), job("cut", slow, 60), job("waiting", quick)], within=0.3, max_in_flight=2)[:2]
        + run([job("cut", slow, 60), job("waiting", quick)], within=0.3, max_in_flight=1)[1:]
    )
    assert time.monotonic() - begun < 1.2
    assert finished.facts == 1
    for seen in (cut, waiting):
        assert seen.facts is None
        assert seen.could_not_tell is not None
        assert seen.could_not_tell.cause == "self.deadline"
    assert [(timing.phase, timing.ok) for timing in cut.phases] == [(Phase.TCP, True), (Phase.LOGIN, False)]
    assert 200 < cut.phases[1].duration_ms < 600
    assert waiting.phases == ()


def test_errors_become_observations_and_their_text_is_dropped() -> None:
    limit = Failure(phase=Phase.PREPARE, cause="aws.denied", detail="the role may not read the secret")

    async def buggy(probe: Probe) -> None:
        raise ValueError("the password is hunter2")

    async def unable(probe: Probe) -> None:
        raise CouldNotTellError(limit)

    async def forgetful(probe: Probe) -> None:
        return None

    bug, told = run([job("bug", buggy), job("told", unable)])
    assert bug.could_not_tell is not None
    assert (bug.could_not_tell.cause, bug.could_not_tell.detail) == (
        "self.bug",
        "the probe of bug failed with ValueError",
    )
    assert told.could_not_tell == limit
    (forgot,) = run([ProbeJob(target="forgot", timeout=job("x", forgetful).timeout, observe=forgetful)])  # type: ignore[arg-type]
    assert forgot.could_not_tell is not None
    assert forgot.could_not_tell.detail == "the probe of forgot returned NoneType"


def test_addresses_side_by_side_share_the_deadline(servers: Servers) -> None:
    """One black-holed address must not take the other's time."""
    port = servers.tcp(lambda connection: connection.recv(1) and None)
    hole = servers.black_hole()

    async def work(probe: Probe) -> list[object]:
        return await probe.loop.together([probe.connect("127.0.0.1", hole), probe.connect("127.0.0.2", port)])

    listening = servers.tcp(lambda connection: connection.recv(1) and None, host="127.0.0.2")

    async def both(probe: Probe) -> list[object]:
        return await probe.loop.together([probe.connect("127.0.0.1", hole), probe.connect("127.0.0.2", listening)])

    observation = one(both, timeout=0.3)
    first, second = observation.facts
    assert first.cause == "tcp.timeout"
    assert isinstance(second, Stream)
    timings = {timing.address: timing for timing in observation.phases}
    assert timings["127.0.0.2"].duration_ms < 200 < timings["127.0.0.1"].duration_ms
    refused, _ = one(work, timeout=0.3).facts[::-1]
    assert refused.cause == "tcp.refused"


def test_a_childs_exception_reaches_its_parent() -> None:
    async def child(probe: Probe, *, fails: bool) -> int:
        await probe.loop.sleep(0.01)
        if fails:
            raise KeyError("x")
        return 1

    async def parent(probe: Probe) -> object:
        with pytest.raises(KeyError):
            await probe.loop.together([child(probe, fails=True), child(probe, fails=False)])
        return await probe.loop.together([child(probe, fails=False)]) + await probe.loop.together([])

    assert one(parent).facts == [1]


def test_blocking_code_is_aborted_at_the_deadline(servers: Servers) -> None:
    """A frozen server: library code blocks in recv, the probe's end shuts its connection down."""
    port = servers.tcp(lambda connection: connection.recv(1) and None)
    returned = threading.Event()

    async def work(probe: Probe) -> object:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        sock = probe.detach(stream)
        assert sock.getblocking()
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

        def login() -> bytes:
            data = sock.recv(10)
            returned.set()
            return data

        return await probe.blocking(Phase.LOGIN, login, timeout_cause="pg.startup_timeout", address="127.0.0.1")

    observation = one(work, timeout=0.3)
    assert returned.wait(1)
    failure = observation.facts
    assert isinstance(failure, Failure)
    assert (failure.phase, failure.cause, failure.address) == (Phase.LOGIN, "pg.startup_timeout", "127.0.0.1")
    assert failure.detail.startswith("the login at 127.0.0.1 did not end within 0.")
    assert [(timing.phase, timing.ok) for timing in observation.phases] == [(Phase.TCP, True), (Phase.LOGIN, False)]
    assert 250 < observation.phases[1].duration_ms < 600


def test_blocking_code_gives_its_value_its_failure_or_its_exception() -> None:
    refusal = Failure(phase=Phase.LOGIN, cause="pg.auth_failed", detail="the server refused the login")

    async def work(probe: Probe) -> object:
        value = await probe.blocking(Phase.LOGIN, lambda: 42, timeout_cause="x.timeout")
        failure = await probe.blocking(Phase.LOGIN, lambda: refusal, timeout_cause="x.timeout")
        with pytest.raises(ZeroDivisionError):
            await probe.blocking(Phase.QUERY, lambda: 1 // 0, timeout_cause="x.timeout")
        return value, failure

    observation = one(work)
    assert observation.facts == (42, refusal)
    assert [timing.ok for timing in observation.phases] == [True, False, False]


def test_worker_threads_are_bounded_and_waiting_for_one_is_no_latency_of_the_target() -> None:
    running = most = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.1)
        with lock:
            running -= 1

    timings: list[Observation[None]] = []
    with Loop(max_workers=2) as loop:

        async def probe_once() -> None:
            probe = bare_probe(loop, 5.0)
            assert await probe.blocking(Phase.QUERY, work, timeout_cause="x.timeout") is None
            timings.append(probe.observation(None))

        loop.run([probe_once] * 6, max_in_flight=6)
    assert most == 2
    assert [timing.phases[0].duration_ms < 190 for timing in timings] == [True] * 6


def test_no_free_thread_until_the_deadline_is_the_auditors_own_limit() -> None:
    release = threading.Event()
    causes: list[str] = []
    with Loop(max_workers=1) as loop:

        async def probe_once() -> None:
            probe = bare_probe(loop, 0.2)
            try:
                outcome = await probe.blocking(Phase.QUERY, release.wait, timeout_cause="x.timeout", abort=lambda: None)
            except CouldNotTellError as error:
                causes.append(error.failure.cause)
            else:
                assert isinstance(outcome, Failure)
                causes.append(outcome.cause)

        loop.run([probe_once] * 2, max_in_flight=2)
        release.set()
    assert sorted(causes) == ["self.deadline", "x.timeout"]


def bare_probe(loop: Loop, timeout: float) -> Probe:
    return Probe(
        family="test",
        target="target",
        slot=SLOT,
        vantage=VANTAGE,
        network=NOWHERE,
        loop=loop,
        timeout=timedelta(seconds=timeout),
        secrets=NoSecrets(),
    )


def test_preparation_takes_nothing_of_the_targets_time() -> None:
    class Slow:
        def read(self, name: str) -> str | Failure:
            time.sleep(0.2)
            return name.upper()

    async def work(probe: Probe) -> object:
        probe.secrets = Slow()
        secret = await probe.secret("key")
        remaining = probe.remaining()
        await probe.blocking(Phase.QUERY, lambda: time.sleep(0.05), timeout_cause="x.timeout")
        return secret, remaining

    observation = one(work, timeout=1.0)
    secret, remaining = observation.facts
    assert secret == "KEY"
    assert remaining > 0.95
    prepare, query = observation.phases
    assert (prepare.phase, query.phase) == (Phase.PREPARE, Phase.QUERY)
    assert prepare.start_ms < -190
    assert query.start_ms >= 0
    assert (observation.latency_ms() or 0) < 190


def test_a_secret_that_cannot_be_read_is_the_preparations_failure() -> None:
    observation = one(lambda probe: probe.secret("key"))
    assert isinstance(observation.facts, Failure)
    assert (observation.facts.phase, observation.facts.cause) == (Phase.PREPARE, "aws.not_found")
    assert [timing.ok for timing in observation.phases] == [False]


def test_a_loop_can_run_again_after_a_run_that_was_cut() -> None:
    done: list[int] = []
    with Loop() as loop:

        async def sleep_long() -> None:
            await loop.sleep(60)

        async def finish() -> None:
            await loop.sleep(0.01)
            done.append(1)

        loop.run([sleep_long], max_in_flight=1, deadline=time.monotonic() + 0.05)
        loop.run([finish], max_in_flight=1)
    assert done == [1]
