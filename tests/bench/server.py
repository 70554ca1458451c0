"""A server that costs little: one process, one thread, one epoll. It answers after an exact delay, or badly.

``python -m tests.bench.server`` with a JSON description; it prints its port and serves until its input ends. Then it
prints for each path how long it really held the turn, in milliseconds: a server on a shared machine is late itself.
"""

import contextlib
import heapq
import json
import os
import select
import socket
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from auditor.net import dns
from auditor.net.kernel import STAMP_BYTES, arrival, ask_for_stamps

Kind = Literal["answers", "silent", "drips", "drops", "names"]
"""``silent`` takes connections and says nothing (in plain HTTP or where TLS is expected), ``drips`` sends a byte every
half second, ``drops`` leaves connection attempts without answer, ``names`` is a DNS that never answers for dead-*."""

BODY = b'{"status":"healthy","service":"bench"}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: uvicorn\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY)
) + BODY
_DRIP_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n"
_BACKLOG = 4096
_COARSE = 0.002
"""Seconds before a due answer in which the server spins: epoll's own timeout is rounded to milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What to serve. ``delay_ms`` runs from the request's arrival to the answer; ``certificate`` is a PEM path."""

    kind: Kind
    delay_ms: float = 0.0
    certificate: str = ""
    cpu: int = 0


@dataclass(slots=True)
class _Peer:
    socket: socket.socket | ssl.SSLSocket
    shaken: bool
    received: bytes = b""
    arrived: float = 0.0
    """When the kernel had what is being answered."""
    held: float = 0.0
    """Seconds from what came to what was sent, so far."""
    path: str = ""


class _Server:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._poll = select.epoll()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._listener.setblocking(False)
        self._poll.register(self._listener, select.EPOLLIN)
        self._poll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._tls: ssl.SSLContext | None = None
        if service.certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(service.certificate)
        self._peers: dict[int, _Peer] = {}
        self._due: list[tuple[float, int, _Peer, bytes]] = []
        self._count = 0
        self.port = int(self._listener.getsockname()[1])
        self.held_ms: dict[str, float] = {}

    def serve(self) -> None:
        """Until the input ends."""
        while True:
            for descriptor, _ in self._poll.poll(self._pause()):
                if descriptor == sys.stdin.fileno():
                    return
                if descriptor == self._listener.fileno():
                    self._accept()
                elif descriptor in self._peers:
                    self._advance(descriptor)
            while self._due and self._due[0][0] <= time.monotonic():
                _, _, peer, data = heapq.heappop(self._due)
                self._send(peer, data)

    def _pause(self) -> float | None:
        if not self._due:
            return None
        left = self._due[0][0] - time.monotonic() - _COARSE
        return left if left > 0 else 0

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ask_for_stamps(connection)
            taken: socket.socket | ssl.SSLSocket = connection
            if self._tls is not None:
                taken = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            self._peers[taken.fileno()] = _Peer(taken, shaken=self._tls is None)
            self._poll.register(taken.fileno(), select.EPOLLIN)

    def _advance(self, descriptor: int) -> None:
        peer = self._peers[descriptor]
        try:
            if self._service.kind == "silent":
                if not peer.socket.recv(65_536):
                    self._close(peer)
                return
            peer.arrived = _arrival(peer.socket)
            if not peer.shaken and isinstance(peer.socket, ssl.SSLSocket):
                peer.socket.do_handshake()
                peer.shaken = True
            data = peer.socket.recv(65_536)
        except (ssl.SSLWantReadError, BlockingIOError):
            peer.held += time.monotonic() - peer.arrived
            return
        except OSError:
            self._close(peer)
            return
        peer.received += data
        if not data:
            self._close(peer)
        elif peer.received.endswith(b"\r\n\r\n"):
            peer.path = peer.received.split(b" ", 2)[1].decode()
            peer.received = b""
            self._answer(peer)

    def _answer(self, peer: _Peer) -> None:
        if self._service.kind == "drips":
            self._later(0.0, peer, _DRIP_HEAD)
            for number in range(1, 61):
                self._later(number * 0.5, peer, b"x")
        elif self._service.delay_ms:
            self._later(self._service.delay_ms / 1000, peer, ANSWER)
        else:
            self._send(peer, ANSWER)

    def _later(self, seconds: float, peer: _Peer, data: bytes) -> None:
        self._count += 1
        heapq.heappush(self._due, (time.monotonic() + seconds, self._count, peer, data))

    def _send(self, peer: _Peer, data: bytes) -> None:
        if peer.socket.fileno() < 0:
            return
        self.held_ms[peer.path] = (peer.held + time.monotonic() - peer.arrived) * 1000
        try:
            peer.socket.send(data)
        except OSError:
            self._close(peer)
            return
        if data is ANSWER:
            self._close(peer)

    def _close(self, peer: _Peer) -> None:
        self._peers.pop(peer.socket.fileno(), None)
        peer.socket.close()


def _arrival(sock: socket.socket) -> float:
    """When the kernel had what can be read now; TLS sockets forbid to look themselves."""
    _, ancillary, _, _ = socket.socket.recvmsg(sock, 65_536, STAMP_BYTES, socket.MSG_PEEK)
    came = arrival(ancillary)
    return time.monotonic() if came is None else came


def _drop_connections() -> tuple[int, Callable[[], None]]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())

    def hold() -> None:
        with listener, contextlib.ExitStack() as held:
            for filler in fillers:
                held.enter_context(filler)
            sys.stdin.read()

    return int(listener.getsockname()[1]), hold


def _serve_names() -> tuple[int, Callable[[], None]]:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            ready, _, _ = select.select([sock, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            query, client = sock.recvfrom(512)
            if b"dead-" in query:
                continue
            # The question again, one A record for it by a pointer to its name: 127.0.0.1 for ten seconds.
            record = b"\xc0\x0c" + dns.TYPE_A.to_bytes(2, "big") + b"\0\1\0\0\0\x0a\0\4\x7f\0\0\1"
            sock.sendto(query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:] + record, client)

    return int(sock.getsockname()[1]), serve


def main(description: dict[str, Any]) -> None:
    """Serve as described."""
    service = Service(**description)
    os.sched_setaffinity(0, {service.cpu})
    serve: Callable[[], Any]
    held_ms: dict[str, float] = {}
    if service.kind == "drops":
        port, serve = _drop_connections()
    elif service.kind == "names":
        port, serve = _serve_names()
    else:
        server = _Server(service)
        port, serve, held_ms = server.port, server.serve, server.held_ms
    print(port, flush=True)
    serve()
    print(json.dumps(held_ms))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
