"""The plain HTTP server under every stand-in: one function from request to reply, on as many addresses as it has."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_CLIENT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as a stand-in sees it; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client: str

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def target(self) -> str:
        """Path with query."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. ``server`` is the Server header: by it one tells who wrote the answer."""

    status: int
    body: bytes
    kind: str
    headers: tuple[tuple[str, str], ...] = field(default=())
    server: str | None = None


Application = Callable[[Request], Reply]


def json_reply(status: int, document: Any, **headers: str) -> Reply:
    """A reply in JSON as FastAPI writes it."""
    return Reply(
        status=status,
        body=json.dumps(document, separators=(",", ":")).encode(),
        kind="application/json",
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
    )


def html_reply(status: int, text: str, **headers: str) -> Reply:
    """A reply in HTML."""
    return Reply(
        status=status,
        body=text.encode(),
        kind="text/html; charset=utf-8",
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def _serve(self) -> None:
        self.close_connection = True
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=parts.query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
            client=str(self.client_address[0]),
        )
        reply = self.server.application(request)
        with suppress(BrokenPipeError, ConnectionResetError):
            self._send(reply)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _serve  # noqa: N815 - http.server's names

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        self.send_header("Date", self.date_time_string())
        self.send_header("Server", reply.server or self.server.name)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """The sandbox's screen belongs to the audit."""


class Server(ThreadingHTTPServer):
    """One stand-in on one address."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, at: tuple[str, int], name: str, application: Application, tls: ssl.SSLContext | None) -> None:
        super().__init__(at, _Handler)
        self.name = name
        self.application = application
        self._tls = tls

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the request's own thread, so that a client that stalls in its handshake holds up nobody."""
        connection: socket.socket = request
        connection.settimeout(_CLIENT_SECONDS)
        with suppress(ssl.SSLError, ConnectionError, TimeoutError):
            if self._tls is None:
                _Handler(connection, client_address, self)
                return
            with self._tls.wrap_socket(connection, server_side=True) as secured:
                _Handler(secured, client_address, self)


def serve(at: tuple[str, int], name: str, application: Application, tls: ssl.SSLContext | None = None) -> None:
    """Serves in threads of this process until the process ends."""
    server = Server(at, name, application, tls)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.5}, daemon=True).start()
