"""What the situations of the http family are made of: scripts that send the canary wherever a peer can, and targets."""

import contextlib
import json
import shlex
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.http.family import HttpSpec
from tests.fault_lab.canary import plant
from tests.fault_lab.servers import (
    Script,
    tcp_server,
)
from tests.fault_lab.situation import Situation

Factory = Callable[[], AbstractContextManager[Situation]]
NOWHERE = Network(resolver=("127.0.0.1", 9))
HASTE = timedelta(seconds=0.7)
HEAD = b"HTTP/1.1 200 OK\r\n"
HOST = "web.shop.example"
HTML = "Content-Type: text/html"
JSON = "Content-Type: application/json"


def given(
    url: str,
    *,
    network: Network = NOWHERE,
    secrets: Mapping[str, str] | None = None,
    **fields: Any,
) -> Situation:
    """A target that asks a URL. With a resolver of its own no peer is asked: they ask the machine's."""
    values = {"url": url, "timeout": timedelta(seconds=2), "slow_after": timedelta(seconds=0.6), **fields}
    values["slow_after"] = min(values["slow_after"], values["timeout"])
    spec = HttpSpec(**values)
    target = Target(id="shop", family="http", service="shop", component="app.shop", spec=spec)
    peers = _peers(spec, secrets or {}) if network is NOWHERE else {}
    return Situation(target=target, network=network, secrets=secrets or {}, peers=peers)


def _peers(spec: HttpSpec, secrets: Mapping[str, str]) -> dict[str, str]:
    """What peers are asked: all of the target's declaration that they have a word for."""
    parts = urlsplit(spec.url)
    command = ["-H", str(parts.hostname), "-p", str(spec.port), "-u", parts.path or "/", "-j", spec.method]
    command += ["-w", str(spec.slow_after.total_seconds()), "-f", "follow" if spec.follow_redirects else "ok"]
    command += ["-S", "--sni"] if parts.scheme == "https" else []
    command += ["-e", ",".join(map(str, spec.expect.status))] if spec.expect.status != (200,) else []
    for name, value in spec.headers.items():
        command += ["-k", f"{name}: {value}"]
    for text in spec.expect.body_contains[:1]:
        command += ["-s", text]
    if spec.credential is not None:
        held = json.loads(secrets[spec.credential.secret]) if spec.credential.secret in secrets else {}
        command += ["-k", f"Authorization: Bearer {held.get('api_key', 'made-up')}"]
    if spec.body is not None:
        command += ["-P", json.dumps(dict(spec.body)), "-T", "application/json"]
    peers = {"check_http": shlex.join(command)}
    if spec.method == "GET" and (spec.credential is None or spec.credential.wrong):
        # More it could ask only by a module of its own for this target.
        expects = "" if 200 in spec.expect.status or spec.follow_redirects else f"{spec.expect.status[0]} "
        peers["blackbox_exporter"] = expects + spec.url
    return peers


def _noise() -> tuple[str, ...]:
    """Headers that hold the canary wherever a header can."""
    secret = plant("http: response header")
    return (
        f"Set-Cookie: sid={secret}; Path=/",
        f"X-Debug: {secret}",
        f"X-Api-Key: {secret}",
        f"Authorization: Bearer {secret}",
        f"WWW-Authenticate: Bearer realm={secret}",
        f'Link: <https://joe:{secret}@cdn.shop.example/{secret}?token={secret}>; rel="preload"',
    )


def answer(body: bytes | Mapping[str, Any] = b"ok", status: str = "200 OK", *headers: str) -> Script:
    """One well-formed answer with a length; a JSON body holds the canary besides."""
    if isinstance(body, Mapping):
        body = json.dumps(
            {
                **body,
                "password": plant("http: response body"),
                "dsn": f"postgresql://app:{plant('http: URL in a body')}@db.shop.internal:5432/shop",
                "trace": f"login failed with {plant('http: error text')}",
            }
        ).encode()
        headers = (JSON, *headers)
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *_noise(), *headers)
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"

    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head if request.startswith(b"HEAD ") else head + body)

    return script


def error(status: str, body: bytes | Mapping[str, Any], *headers: str) -> Script:
    """An error whose reason phrase holds the canary."""
    return answer(body, f"{status} {plant('http: reason phrase')}", *headers)


def detail(status: str, document: Mapping[str, Any], *headers: str) -> Script:
    """An API's error, which is exactly this document."""
    return error(status, json.dumps(document).encode(), "Content-Type: application/json", *headers)


def sends(*pieces: bytes) -> Script:
    """Exactly these bytes, and the end of the connection."""

    def script(connection: socket.socket, _: bytes) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return script


def waits(connection: socket.socket, _: bytes) -> None:
    while connection.recv(65_536):
        pass


def then_waits(*pieces: bytes) -> Script:
    def script(connection: socket.socket, request: bytes) -> None:
        sends(*pieces)(connection, request)
        waits(connection, request)

    return script


def drips(begin: bytes, piece: bytes) -> Script:
    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(begin)
        while True:
            time.sleep(0.03)
            connection.sendall(piece)

    return script


def serves(script: Callable[[], Script], *, path: str = "/", **spec: Any) -> Factory:
    """A situation of one plain server, which is made when the situation is."""

    @contextlib.contextmanager
    def situation() -> Iterator[Situation]:
        with tcp_server(script()) as port:
            yield given(f"http://127.0.0.1:{port}{path}", **spec)

    return situation
