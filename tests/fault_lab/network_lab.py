"""Situations of the network family: servers on loopback that take connections, refuse, drop, cut and greet."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta

from dnslib import QTYPE, RR, A

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.network.family import NetworkSpec
from sandbox.blackhole import BlackHole
from tests.fault_lab.canary import plant
from tests.fault_lab.situation import Situation
from tests.resolver import OverUdp, Resolver, message

Serve = Callable[[socket.socket], object]
"""What a server does with a connection that it took."""

HOST = "queue.shop.internal"
_NOWHERE = Network(resolver=("127.0.0.1", 9))
_SHORT, _LONG = timedelta(seconds=0.7), timedelta(seconds=2)


def stays(connection: socket.socket) -> None:
    """Wait for the client to speak, and to leave."""
    while connection.recv(1000):
        pass


def greets(connection: socket.socket) -> None:
    connection.sendall(f"220 {plant('network: greeting')} ready\r\n".encode())
    stays(connection)


def closes(_: socket.socket) -> None:
    """The server closes what is returned to it."""


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says_no(connection: socket.socket) -> None:
    connection.sendall(f"-ERR {plant('network: error')}: max number of clients reached\r\n".encode())


def closes_late(connection: socket.socket) -> None:
    connection.settimeout(0.8)
    with contextlib.suppress(TimeoutError):
        stays(connection)


@contextlib.contextmanager
def listening(serve: Serve, *addresses: str, port: int = 0) -> Iterator[int]:
    """The port on which a server takes connections at every address, until the end."""
    listeners: list[socket.socket] = []
    taken: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def take(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                taken.append(connection)
                threads.append(threading.Thread(target=answer, args=(connection,)))
                threads[-1].start()

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            serve(connection)

    try:
        for address in addresses or ("127.0.0.1",):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listeners.append(socket.create_server((address, port), family=family))
            port = listeners[-1].getsockname()[1]
        accepting = [threading.Thread(target=take, args=(listener,)) for listener in listeners]
        for thread in accepting:
            thread.start()
        threads += accepting
        yield port
    finally:
        for each in (*listeners, *taken):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)
        for listener in listeners:
            listener.close()


@contextlib.contextmanager
def resolver(answer: OverUdp) -> Iterator[Network]:
    """A network whose resolver answers so."""
    with contextlib.closing(Resolver(answer, None)) as running:
        yield Network(resolver=running.address)


def named(*addresses: str, rcode: str = "NOERROR") -> OverUdp:
    """A resolver that knows these addresses of the host, and answers so for it."""

    def answer(query: bytes) -> Sequence[bytes]:
        asked_for_ipv4 = int.from_bytes(query[-4:-2], "big") == QTYPE.A
        records = [RR(HOST, QTYPE.A, rdata=A(address), ttl=10) for address in addresses if asked_for_ipv4]
        return [message(query, *records, rcode=rcode).pack()]

    return answer


@contextlib.contextmanager
def at(host: str, port: int, *, network: Network = _NOWHERE, within: timedelta = _LONG) -> Iterator[Situation]:
    spec = NetworkSpec(host=host, port=port, timeout=within)
    target = Target(id="it", family="network", service="shop", component="app.queue", spec=spec)
    peers = {"check_tcp": f"-H {host} -p {port}"} if network is _NOWHERE else {}
    yield Situation(target=target, network=network, peers=peers)


@contextlib.contextmanager
def served(serve: Serve, *addresses: str, host: str = "") -> Iterator[Situation]:
    """A server at addresses that are the host's, or at the one that is the target's itself."""
    with ExitStack() as ends:
        port = ends.enter_context(listening(serve, *addresses))
        network = ends.enter_context(resolver(named(*addresses))) if host else _NOWHERE
        yield ends.enter_context(at(host or (addresses or ("127.0.0.1",))[0], port, network=network))


@contextlib.contextmanager
def dead(*, silent: bool) -> Iterator[int]:
    """A port of 127.0.0.1 that drops, or on which nothing listens and nothing will."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        if not silent:
            yield port  # bound and not listening: the kernel refuses
            return
    with contextlib.closing(BlackHole("127.0.0.1", port)):
        yield port


@contextlib.contextmanager
def dead_at(host: str, *, silent: bool) -> Iterator[Situation]:
    with dead(silent=silent) as port, at(host, port, within=_SHORT) as situation:
        yield situation


@contextlib.contextmanager
def one_of_two(*, silent: bool = False, serve: Serve | None = None) -> Iterator[Situation]:
    """127.0.0.2 serves; 127.0.0.1 is dead, or serves so."""
    with ExitStack() as ends:
        first = listening(serve) if serve is not None else dead(silent=silent)
        port = ends.enter_context(first)
        ends.enter_context(listening(stays, "127.0.0.2", port=port))
        network = ends.enter_context(resolver(named("127.0.0.1", "127.0.0.2")))
        yield ends.enter_context(at(HOST, port, network=network, within=_SHORT))


@contextlib.contextmanager
def unnamed(answer: OverUdp, within: timedelta = _LONG) -> Iterator[Situation]:
    """A name that leads to no address."""
    with resolver(answer) as network, at(HOST, 5432, network=network, within=within) as situation:
        yield situation


@contextlib.contextmanager
def silent_and_refusing() -> Iterator[Situation]:
    """Nothing is bound to 127.0.0.2: the port is held on 127.0.0.1 only."""
    with (
        dead(silent=True) as port,
        resolver(named("127.0.0.1", "127.0.0.2")) as network,
        at(HOST, port, network=network, within=_SHORT) as situation,
    ):
        yield situation


@contextlib.contextmanager
def without_route() -> Iterator[Situation]:
    """The broadcast address of loopback: the kernel has no way for a connection there, and sends no packet."""
    with at("127.255.255.255", 9) as situation:
        yield situation


SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    "network-open": lambda: served(stays),
    "network-open-quiet": lambda: served(stays),
    "network-open-ipv6": lambda: served(stays, "::1"),
    "network-open-name": lambda: served(stays, "127.0.0.1", host=HOST),
    "network-open-twelve": lambda: served(stays, *(f"127.0.0.{n}" for n in range(1, 13)), host=HOST),
    "network-speaks-first": lambda: served(greets),
    "network-closes-late": lambda: served(closes_late),
    "network-refused": lambda: dead_at("127.0.0.1", silent=False),
    "network-timeout": lambda: dead_at("127.0.0.1", silent=True),
    "network-unreachable": without_route,
    "network-reset": lambda: served(resets),
    "network-closed": lambda: served(closes),
    "network-says-no": lambda: served(says_no),
    "network-nxdomain": lambda: unnamed(named(rcode="NXDOMAIN")),
    "network-nodata": lambda: unnamed(named()),
    "network-servfail": lambda: unnamed(named(rcode="SERVFAIL")),
    "network-name-timeout": lambda: unnamed(lambda _: [], within=_SHORT),
    "network-one-of-two-silent": lambda: one_of_two(silent=True),
    "network-one-of-two-refuses": one_of_two,
    "network-one-of-two-resets": lambda: one_of_two(serve=resets),
    "network-silent-and-refused": silent_and_refusing,
}
