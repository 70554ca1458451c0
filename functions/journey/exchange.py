"""One HTTP exchange by `requests` over a connection that is there already. Blocks; made for a worker thread."""

import http.client
import io
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, IncompleteRead
from urllib3.util import Retry

from auditor.net.causes import PeerFaultError

MAX_RECEIVED = 384 * 1024
"""Bytes that a peer may send, head and chunks included. An honest answer has 2 kB, a search of what was left 50."""
_LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request as it is sent: ``path`` with its query, ``host`` as the Host header says it."""

    method: str
    path: str
    host: str
    body: bytes | None = None
    kind: str = ""
    credential: tuple[str, str] | None = field(default=None, repr=False)
    """Header and value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer; header names are lower case."""

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class _Source(io.RawIOBase):
    """What is read of a socket, with an end to the appetite of http.client, which takes what a peer announces."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected
        self._left = MAX_RECEIVED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = self._connected.recv_into(buffer)
        self._left -= size
        if self._left < 0:
            raise PeerFaultError("journey.answer_too_large", f"answers more than {MAX_RECEIVED} bytes")
        return size


class _Bounded:
    """What urllib3 and http.client use of a socket."""

    def __init__(self, connected: socket.socket) -> None:
        self.settimeout = connected.settimeout
        self.sendall = connected.sendall
        self._connected = connected

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """http.client's only way to read."""
        return io.BufferedReader(_Source(self._connected))

    def close(self) -> None:
        """Nothing: http.client closes before the body is read, and the socket is the exchange's own."""


class _OneConnection(HTTPAdapter):
    """requests' way to a peer: one connection that is there already, TLS included. No second one is ever made."""

    def __init__(self, connected: socket.socket) -> None:
        class Given(HTTPConnection):
            def connect(self) -> None:
                self.sock: Any = _Bounded(connected)

        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=Retry(0, read=False))
        self._pool = HTTPConnectionPool("given", maxsize=1)
        self._pool.ConnectionCls = Given

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        """The one connection, whoever is asked."""
        return self._pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """The handshake has done it. requests would load every authority anew for each connection: 20 ms."""


class Exchange:
    """A connected socket's way through TLS, request and answer; all of it raises PeerFaultError or OSError.

    ``close`` may be called while a worker thread is still inside: then that thread closes when it comes out, since the
    number of a descriptor that is closed under it could be another probe's next.
    """

    def __init__(self, connected: socket.socket, seconds: float) -> None:
        """``seconds``: so long a read waits for a byte. The probe hangs up before; this is for a thread left alone."""
        self._sock = connected
        self._seconds = seconds
        self._response: requests.Response | None = None
        self._lock = threading.Lock()
        self._busy = False
        self._closed = False

    def close(self) -> None:
        """Give back the descriptor."""
        with self._lock:
            self._closed = True
            if not self._busy:
                self._dispose()

    def secure(self, context: ssl.SSLContext, server_name: str) -> None:
        """Make the TLS handshake."""
        with self._in_use():
            self._sock = context.wrap_socket(self._sock, server_hostname=server_name)

    def begin(self, message: Message) -> None:
        """Send the request and read the answer's head."""
        headers = {
            "Host": message.host,
            "User-Agent": "health-auditor",
            "Accept": "application/json, */*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        if message.kind:
            headers["Content-Type"] = message.kind
        if message.credential is not None:
            headers[message.credential[0]] = message.credential[1]
        request = requests.Request(message.method, f"http://given{message.path}", headers=headers, data=message.body)
        with self._in_use(), _speaking("journey.not_http", "sends what is not an HTTP answer"):
            # The adapter alone: a session would look into .netrc and the environment, and where redirects lead.
            adapter = _OneConnection(self._sock)
            self._response = adapter.send(request.prepare(), stream=True, timeout=self._seconds)

    def finish(self) -> Answer:
        """Read the answer's body."""
        assert self._response is not None, "begin comes before finish"
        response = self._response
        broken = f"answered {response.status_code} and a body that does not come to its end"
        with self._in_use(), _speaking("journey.answer_truncated", broken):
            body: bytes = response.raw.read(MAX_RECEIVED, decode_content=False)
            if response.raw.length_remaining:
                raise PeerFaultError("journey.answer_truncated", broken)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, body=body)

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        with self._lock:
            self._busy = True
        try:
            yield
        finally:
            with self._lock:
                self._busy = False
                if self._closed:
                    self._dispose()

    def _dispose(self) -> None:
        if self._response is not None:
            with suppress(OSError, HTTPError):
                self._response.close()
        self._sock.close()


@contextmanager
def _speaking(otherwise: str, words: str) -> Iterator[None]:
    """Around requests, urllib3 and http.client, which wrap what the socket said in exceptions of their own.

    What none of them explains is the cause ``otherwise``: their parsers stumble over a hostile answer in many ways.
    """
    try:
        yield
    except PeerFaultError:
        raise
    except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        said = list(_chain(error))
        if any(isinstance(each, http.client.RemoteDisconnected) for each in said):  # a ConnectionResetError, and none
            raise PeerFaultError("tcp.closed", "closed the connection before it answered") from None
        if not any(isinstance(each, (http.client.IncompleteRead, IncompleteRead)) for each in said):
            for each in said:
                if isinstance(each, OSError) and not isinstance(each, requests.RequestException):
                    raise each from None
        raise PeerFaultError(otherwise, words) from None


def _chain(error: BaseException) -> list[BaseException]:
    """An exception and those that it was made of, outermost first."""
    waiting: list[Any] = [error]
    seen: list[BaseException] = []
    while waiting and len(seen) < _LONGEST_CHAIN:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and each not in seen:
            seen.append(each)
            waiting += [*each.args, each.__cause__, each.__context__]
    return seen
