"""Connections: what the engine says of each way to fail, and that its sockets never outlive a probe."""

import socket
import struct
import time
from pathlib import Path

from auditor.domain.observation import Failure, Phase
from auditor.net.network import AddressRefusedError, Network
from auditor.net.probe import Probe
from auditor.net.stream import Stream

from .conftest import NOWHERE, Servers, closed_port, one


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def failure_of(observation) -> Failure:
    assert isinstance(observation.facts, Failure), observation
    return observation.facts


def test_a_refused_connection_names_the_address_and_keeps_its_time() -> None:
    port = closed_port()
    observation = one(lambda probe: probe.connect("127.0.0.1", port))
    failure = failure_of(observation)
    assert (failure.phase, failure.cause) == (Phase.TCP, "tcp.refused")
    assert failure.detail == f"127.0.0.1:{port} refused the connection"
    (timing,) = observation.phases
    assert (timing.phase, timing.ok, timing.address) == (Phase.TCP, False, "127.0.0.1")
    assert 0 < timing.duration_ms < 500


def test_a_dropped_connection_attempt_ends_at_the_deadline(servers: Servers) -> None:
    port = servers.black_hole()
    begun = time.monotonic()
    observation = one(lambda probe: probe.connect("127.0.0.1", port), timeout=0.4)
    assert time.monotonic() - begun < 0.7
    failure = failure_of(observation)
    assert failure.cause == "tcp.timeout"
    assert failure.detail.startswith(f"127.0.0.1:{port} did not answer the connection attempt within 0.")
    assert 390 < observation.phases[0].duration_ms < 700


def test_observations_keep_the_address_that_was_named(servers: Servers) -> None:
    port = servers.tcp(lambda connection: None, host="127.0.2.20")
    network = Network(resolver=NOWHERE.resolver, translate=lambda address, port: ("127" + address[2:], port))

    async def work(probe: Probe) -> str:
        stream = await probe.connect("10.0.2.20", port)
        assert isinstance(stream, Stream)
        return stream.peer

    observation = one(work, network=network)
    assert observation.facts == f"10.0.2.20:{port}"
    assert observation.phases[0].address == "10.0.2.20"


def test_an_address_that_the_network_refuses_is_unreachable() -> None:
    def refuse(address: str, port: int) -> tuple[str, int]:
        raise AddressRefusedError(f"{address} lies outside")

    network = Network(resolver=NOWHERE.resolver, translate=refuse)
    assert failure_of(one(lambda probe: probe.connect("8.8.8.8", 53), network=network)).cause == "tcp.unreachable"


def test_a_reset_is_told_from_a_close(servers: Servers) -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    ports = servers.tcp(reset), servers.tcp(lambda connection: connection.recv(1) and None)

    async def ask(probe: Probe, port: int) -> object:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        await stream.send(b"x")
        return await probe.step(
            Phase.QUERY, stream.receive(), peer=stream.peer, timeout_cause="x.timeout", timeout_words="said nothing"
        )

    assert failure_of(one(lambda probe: ask(probe, ports[0]))).cause == "tcp.reset"
    assert one(lambda probe: ask(probe, ports[1])).facts == b""


def test_a_host_name_is_never_dialled() -> None:
    """Python would resolve it in the loop's only thread."""
    observation = one(lambda probe: probe.connect("localhost", 80))
    assert observation.could_not_tell is not None
    assert observation.could_not_tell.cause == "self.bug"
    assert "ValueError" in observation.could_not_tell.detail


def test_sockets_are_closed_when_a_probe_fails_half_way(servers: Servers) -> None:
    port = servers.tcp(lambda connection: connection.recv(1) and None)

    async def work(probe: Probe) -> None:
        await probe.connect("127.0.0.1", port)
        probe.detach(await probe.connect("127.0.0.1", port))  # type: ignore[arg-type]
        raise KeyError("a family's bug")

    before = descriptors()
    observation = one(work)
    assert observation.could_not_tell is not None
    assert observation.could_not_tell.detail == "the probe of target failed with KeyError"
    time.sleep(0.05)  # the server's side closes when it sees the end
    assert descriptors() <= before


def test_a_silent_peer_can_be_read_until_the_deadline_only(servers: Servers) -> None:
    port = servers.tcp(lambda connection: connection.recv(1) and None)

    async def work(probe: Probe) -> object:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        return await probe.step(
            Phase.LOGIN, stream.receive(), peer=stream.peer, timeout_cause="x.silent", timeout_words="said nothing"
        )

    observation = one(work, timeout=0.3)
    assert failure_of(observation).detail.startswith(f"127.0.0.1:{port} said nothing within 0.")
    assert [(timing.phase, timing.ok) for timing in observation.phases] == [(Phase.TCP, True), (Phase.LOGIN, False)]


def test_a_stream_is_listened_to_until_an_instant_and_no_longer(servers: Servers) -> None:
    quiet = servers.tcp(lambda connection: connection.recv(1) and None)
    speaks = servers.tcp(lambda connection: connection.sendall(b"hello") or (connection.recv(1) and None))
    leaves = servers.tcp(lambda connection: connection.sendall(b"bye"))

    async def work(probe: Probe, port: int) -> tuple[bool, bool]:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        return await stream.listen(time.monotonic() + 0.2)

    begun = time.monotonic()
    assert one(lambda probe: work(probe, quiet)).facts == (False, False)
    assert 0.2 <= time.monotonic() - begun < 0.6
    assert one(lambda probe: work(probe, speaks)).facts == (True, False)
    assert one(lambda probe: work(probe, leaves)).facts == (True, True)
