"""Real servers on loopback for situations: scripted TCP with or without TLS, names, throw-away certificates."""

import contextlib
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import trustme
from dnslib import CNAME, QTYPE, RR, A, DNSRecord

from tests.resolver import Resolver, message

Script = Callable[[socket.socket, bytes], object]
"""What a server does with a connection and the head of a request that came over it."""


@contextlib.contextmanager
def tcp_server(
    script: Script,
    *,
    tls: ssl.SSLContext | None = None,
    address: str = "127.0.0.1",
    port: int = 0,
    reads_request: bool = True,
) -> Iterator[int]:
    """The port of a server that runs the script for each connection, each in a thread of its own, until the end.

    ``reads_request``: up to the empty line behind a request's head; else the script has the connection at once.
    """
    listener = socket.create_server((address, port), backlog=64)
    open_connections: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(connection):
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
                open_connections.append(connection)
            request = b""
            while reads_request and b"\r\n\r\n" not in request:
                data = connection.recv(65_536)
                if not data:
                    return
                request += data
            script(connection, request)
            if isinstance(connection, ssl.SSLSocket):
                connection.close()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                open_connections.append(connection)
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for connection in open_connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)


@contextlib.contextmanager
def port_that_never_answers(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port whose queue of connections is full: the kernel drops what comes, as a packet filter does."""
    with contextlib.ExitStack() as closing:
        listener = closing.enter_context(socket.create_server((address, port), backlog=0))
        place = listener.getsockname()
        for _ in range(4):
            filler = closing.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(place)
        yield place[1]


@contextlib.contextmanager
def refusing_port() -> Iterator[int]:
    """A port on which nothing listens, and which nobody else is given meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def reset(connection: socket.socket) -> None:
    """End a connection by a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextlib.contextmanager
def names(
    addresses: Mapping[str, Sequence[str]],
    *,
    aliases: Mapping[str, str] | None = None,
    rcode: str = "NOERROR",
    silent: bool = False,
) -> Iterator[tuple[str, int]]:
    """A resolver that knows these names and says NXDOMAIN of any other. A name without addresses has none."""

    def answer(query: bytes) -> Sequence[bytes]:
        if silent:
            return ()
        if rcode != "NOERROR":
            return (message(query, rcode=rcode).pack(),)
        asked = DNSRecord.parse(query).q
        name, records = str(asked.qname).rstrip("."), []
        while (alias := (aliases or {}).get(name)) is not None:
            records.append(RR(name, QTYPE.CNAME, rdata=CNAME(alias), ttl=10))
            name = alias
        if name not in addresses:
            return (message(query, *records, rcode="NXDOMAIN").pack(),)
        if asked.qtype == QTYPE.A:
            records += [RR(name, QTYPE.A, rdata=A(address), ttl=10) for address in addresses[name]]
        return (message(query, *records).pack(),)

    resolver = Resolver(answer, None)
    try:
        yield resolver.address
    finally:
        resolver.close()


@cache
def authority() -> trustme.CA:
    """The lab's own authority; making one takes a tenth of a second."""
    return trustme.CA()


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="fault-lab-")


@cache
def ca_file() -> str:
    """The PEM file of the lab's authority."""
    path = Path(_folder().name) / "ca.pem"
    authority().cert_pem.write_to_path(str(path))
    return str(path)


def certificate(name: str = "127.0.0.1", *, days: tuple[float, float] = (-1, 60), **more: Any) -> trustme.LeafCert:
    """A certificate of the lab's authority, valid from and to so many days from now."""
    now = datetime.now(UTC)
    begin, end = (now + timedelta(days=day) for day in days)
    return authority().issue_cert(name, not_before=begin, not_after=end, **more)


def server_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    """A server's TLS context with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context
