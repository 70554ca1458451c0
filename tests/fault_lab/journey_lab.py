"""Situations of the registration of a model: an MLflow stand-in on loopback, and what stands in front of it."""

import json
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import trustme

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.journey.credential import Credential
from functions.journey.family import JourneySpec
from sandbox.blackhole import BlackHole
from sandbox.fargate.serving import Application, Reply, Request, Server, html_reply, json_reply
from sandbox.mlflow.rest import ARTIFACTS, TRACKING, Rest
from sandbox.mlflow.shelf import MemoryShelf
from sandbox.mlflow.wire import error_reply
from tests.fault_lab.situation import Situation
from tests.functional.hostile.scripts import Script, drips, endless, says
from tests.resolver import Resolver, message

KEY, SECRET, PREFIX = "canary-key-4711-of-the-journey", "lab/canary", "/api/mlflow"
LONG_AGO, NOT_YET = "20200101T000000Z", "29990101T000000Z"
NOWHERE = Network(resolver=("127.0.0.1", 9))
REJECTED = "Invalid Host header - possible DNS rebinding attack detected"
SERVER_ERROR = (
    "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n"
    "<p>The server encountered an internal error and was unable to complete your request.</p>\n"
)
OUT_OF_STORE = (
    '(psycopg2.OperationalError) connection to server at "10.0.2.20", port 5432 failed: FATAL:  password '
    'authentication failed for user "mlflow"'
)
Change = Callable[[Request, Reply], Reply]


def mlflow(**more: Any) -> Rest:
    """A healthy server."""
    return Rest(MemoryShelf(), **more)


def answering(reply: Reply) -> Application:
    """Whatever is asked."""
    return lambda _request: reply


def text_reply(status: int, text: str, **headers: str) -> Reply:
    """Plain text."""
    return Reply(status=status, body=text.encode(), kind="text/plain", headers=tuple(headers.items()))


def at(call: str, reply: Reply | Callable[[Request], Reply], behind: Application | None = None) -> Application:
    """A healthy server but for one call, or one method of artifacts (``artifacts PUT``)."""
    healthy = behind or mlflow()

    def application(request: Request) -> Reply:
        name = request.path.removeprefix(TRACKING)
        if request.path.startswith(ARTIFACTS):
            name = "artifacts list" if request.path == ARTIFACTS else f"artifacts {request.method}"
        if name != call:
            return healthy(request)
        return reply if isinstance(reply, Reply) else reply(request)

    return application


def changing(call: str, before: bytes, after: bytes) -> Application:
    """A healthy server that tells one thing differently."""
    healthy = mlflow()

    def other(request: Request) -> Reply:
        said = healthy(request)
        assert before in said.body, said.body
        return Reply(status=said.status, body=said.body.replace(before, after), kind=said.kind)

    return at(call, other, healthy)


def proxied(behind: Application, *, relays: Callable[[str], bool] = lambda _path: True) -> Application:
    """The API in front: it takes a key and relays what lies under its prefix."""

    def application(request: Request) -> Reply:
        sent = request.headers.get("authorization")
        if sent is None:
            return json_reply(401, {"detail": "API key required"})
        if sent != f"Bearer {KEY}":
            return json_reply(401, {"detail": "Invalid or expired API key"})
        path = request.path.removeprefix(PREFIX)
        if path == request.path or not relays(path):
            return json_reply(404, {"detail": "Not Found"})
        inner = Request(
            method=request.method,
            path=path,
            query=request.query,
            headers=request.headers,
            body=request.body,
            client=request.client,
        )
        return behind(inner)

    return application


@contextmanager
def serving(
    application: Application, tls: ssl.SSLContext | None = None, seen: list[socket.socket] | None = None
) -> Iterator[int]:
    """A server on loopback; its port. ``seen`` gets the socket that it listens at."""
    server = Server(("127.0.0.1", 0), "uvicorn", application, tls)
    if seen is not None:
        seen.append(server.socket)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] - probes that leave are no error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def listening(script: Script) -> Iterator[int]:
    """A peer that reads a request and then follows the script; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=follow, args=(connection,), daemon=True).start()

        def follow(connection: socket.socket) -> None:
            with connection:
                try:
                    connection.recv(65_536)
                    script(connection)
                except OSError:  # the probe left
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def situation(
    url: str, *, network: Network = NOWHERE, secrets: Mapping[str, str] | None = None, **spec: Any
) -> Situation:
    """A target with short times."""
    times = {"timeout": 3.0, "cleanup_timeout": 1.0, "request_timeout": 0.6, "slow_after": 2.0}
    settings = {name: timedelta(seconds=spec.pop(name, seconds)) for name, seconds in times.items()}
    declared = JourneySpec(url=url, enabled=spec.pop("enabled", True), **settings, **spec)
    target = Target(id="it", family="journey", service="models", component="app.models", spec=declared)
    return Situation(target=target, network=network, secrets=secrets or {}, peers={"blackbox_exporter": url})


@contextmanager
def direct(application: Callable[[], Application], **spec: Any) -> Iterator[Situation]:
    """The server itself is asked."""
    with serving(application()) as port:
        yield situation(f"http://127.0.0.1:{port}{spec.pop('prefix', '')}", **spec)


@contextmanager
def through(application: Callable[[], Application], *, key: str = KEY, **spec: Any) -> Iterator[Situation]:
    """An API in front is asked, with the canary key."""
    with serving(application()) as port:
        url = f"http://127.0.0.1:{port}{PREFIX}"
        yield situation(url, credential=Credential(secret=SECRET), secrets={SECRET: key}, **spec)


@contextmanager
def raw(script: Script) -> Iterator[Situation]:
    """A peer that is no server."""
    with listening(script) as port:
        yield situation(f"http://127.0.0.1:{port}")


@contextmanager
def stalling(call: str) -> Iterator[Situation]:
    """A server that says nothing at one call."""
    over = threading.Event()

    def wait(_request: Request) -> Reply:
        over.wait(20)
        return json_reply(200, {})

    with direct(partial(at, call, wait)) as found:
        try:
            yield found
        finally:
            over.set()


@contextmanager
def encrypted(kind: str) -> Iterator[Situation]:
    """Over TLS: ``good``, ``untrusted``, ``expired``, or ``plain`` for none at all."""
    folder = Path(mkdtemp())
    try:
        context = None
        if kind != "plain":
            authority, other = _authorities()
            now = datetime.now(UTC)
            life = (
                {"not_before": now - timedelta(days=9), "not_after": now - timedelta(days=1)}
                if kind == "expired"
                else {}
            )
            certificate = (other if kind == "untrusted" else authority).issue_cert("127.0.0.1", **life)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
        _authorities()[0].cert_pem.write_to_path(str(folder / "ca.pem"))
        with serving(mlflow(), context) as port:
            yield situation(f"https://127.0.0.1:{port}", ca_file=str(folder / "ca.pem"))
    finally:
        shutil.rmtree(folder)


@cache
def _authorities() -> tuple[trustme.CA, trustme.CA]:
    return trustme.CA(), trustme.CA()


@contextmanager
def nobody(kind: str) -> Iterator[Situation]:
    """No server at all: the name is unknown, the port is closed, or nothing answers the connection attempt."""
    with ExitStack() as ends:
        if kind == "name":
            resolver = Resolver(lambda query: [bytes(message(query, rcode="NXDOMAIN").pack())], None)
            ends.callback(resolver.close)
            yield situation("http://mlflow.platform.test:5000", network=Network(resolver=resolver.address))
            return
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        if kind == "silent":
            ends.callback(BlackHole("127.0.0.1", port).close)
        yield situation(f"http://127.0.0.1:{port}")


@contextmanager
def gone_between() -> Iterator[Situation]:
    """The server takes no further connection when the first stage is over."""
    listening: list[socket.socket] = []
    healthy = mlflow()

    def application(request: Request) -> Reply:
        if request.path.endswith("experiments/get"):
            listening[0].shutdown(socket.SHUT_RDWR)
        return healthy(request)

    with serving(application, seen=listening) as port:
        yield situation(f"http://127.0.0.1:{port}")


def slowly(seconds: float) -> Application:
    """A healthy server that thinks before each answer."""
    healthy = mlflow()

    def application(request: Request) -> Reply:
        time.sleep(seconds)
        return healthy(request)

    return application


def with_orphans(slot: str, *others: str) -> Application:
    """A server on which runs of a slot, and others, have left experiments and models."""
    rest = mlflow()
    for name in (*(f"health-auditor-it-{slot}-{number:08x}" for number in range(2)), *others):
        for call in ("experiments/create", "registered-models/create"):
            document = json.dumps({"name": name}).encode()
            rest(Request(method="POST", path=TRACKING + call, query="", headers={}, body=document, client=""))
    return rest


def by_localhost_only(request: Request) -> Reply:
    """MLflow 3 with an allow-list that lacks the name that callers use."""
    return mlflow()(request) if request.headers["host"].startswith("localhost:") else text_reply(403, REJECTED)


def denied_store(*, at_once: bool) -> Application:
    """MLflow whose bucket denies it; the upload says so, or says no more than 500, as the S3 store's does."""
    denied = error_reply(403, "PERMISSION_DENIED", "Failed to list artifacts in s3://models/x: Access Denied")
    behind = at("artifacts list", denied)
    return at("artifacts PUT", denied if at_once else html_reply(500, SERVER_ERROR), behind)


def cannot_delete(*, admits_it: bool) -> Application:
    """Nothing can be deleted; it says so, or it says that it did."""
    reply = error_reply(500, "INTERNAL_ERROR", "it cannot be") if admits_it else json_reply(200, {})
    return at("registered-models/delete", reply, at("experiments/delete", reply))


def no_artifacts(path: str) -> bool:
    """What a proxy relays that was written before MLflow served artifacts."""
    return path.startswith(TRACKING)


_ERROR = html_reply(500, SERVER_ERROR)
_BALANCER_503 = Reply(
    status=503,
    body=b"<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n</html>\r\n",
    kind="text/html",
    server="awselb/2.0",
)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    "journey-healthy-direct": partial(direct, mlflow),
    "journey-healthy-through-proxy": partial(through, lambda: proxied(mlflow())),
    "journey-healthy-tls": partial(encrypted, "good"),
    "journey-healthy-artifact": partial(direct, mlflow),
    "journey-healthy-slowish": partial(direct, partial(slowly, 0.01)),
    "journey-healthy-artifacts-elsewhere": partial(direct, partial(mlflow, root="s3://models/artifacts")),
    "journey-healthy-artifacts-not-touched": partial(direct, partial(mlflow, root="s3://models/artifacts")),
    "journey-healthy-orphans": partial(direct, partial(with_orphans, LONG_AGO)),
    "journey-healthy-others-marker": partial(direct, partial(with_orphans, NOT_YET, "health-auditor-of-somebody")),
    "journey-healthy-not-enabled": partial(direct, mlflow, enabled=False),
    "journey-nxdomain": partial(nobody, "name"),
    "journey-refused": partial(nobody, "closed"),
    "journey-connect-timeout": partial(nobody, "silent"),
    "journey-tls-untrusted": partial(encrypted, "untrusted"),
    "journey-tls-expired": partial(encrypted, "expired"),
    "journey-tls-not-tls": partial(encrypted, "plain"),
    "journey-gone-between": gone_between,
    "journey-host-rejected": partial(direct, lambda: by_localhost_only),
    "journey-host-rejected-through-proxy": partial(through, lambda: proxied(by_localhost_only)),
    "journey-auth-demanded": partial(direct, lambda: answering(json_reply(401, {"detail": "API key required"}))),
    "journey-auth-demanded-by-mlflow": partial(
        direct,
        lambda: answering(
            text_reply(
                401,
                "You are not authenticated. Please see https://www.mlflow.org/docs/latest/auth/index.html",
                **{"WWW-Authenticate": 'Basic realm="mlflow"'},
            )
        ),
    ),
    "journey-auth-demanded-with-key": partial(
        through, lambda: answering(json_reply(401, {"detail": "API key required"}))
    ),
    "journey-key-refused": partial(through, lambda: proxied(mlflow()), key="canary-key-of-somebody-else"),
    "journey-not-permitted": partial(
        through, lambda: answering(json_reply(403, {"detail": "Insufficient permissions for this operation"}))
    ),
    "journey-auth-service-failed": partial(
        through, lambda: answering(json_reply(503, {"detail": "Authentication service unavailable"}))
    ),
    "journey-redirected": partial(
        direct, lambda: answering(text_reply(302, "", Location="https://login.platform.test/"))
    ),
    "journey-wrong-prefix": partial(direct, mlflow, prefix="/mlflow"),
    "journey-route-missing": partial(through, lambda: answering(json_reply(404, {"detail": "Not Found"}))),
    "journey-proxy-knows-no-artifacts": partial(through, lambda: proxied(mlflow(), relays=no_artifacts)),
    "journey-upstream-unreachable": partial(
        through,
        lambda: answering(json_reply(502, {"detail": "Failed to connect to MLflow server at http://localhost:5000"})),
    ),
    "journey-upstream-timeout": partial(
        through, lambda: answering(json_reply(504, {"detail": "MLflow server request timeout after 30s"}))
    ),
    "journey-no-target": partial(direct, lambda: answering(_BALANCER_503)),
    "journey-500-experiment": partial(direct, partial(at, "experiments/create", _ERROR)),
    "journey-500-run": partial(direct, partial(at, "runs/create", _ERROR)),
    "journey-500-metric": partial(direct, partial(at, "runs/log-metric", _ERROR)),
    "journey-500-artifact": partial(direct, partial(at, "artifacts PUT", _ERROR)),
    "journey-500-model": partial(direct, partial(at, "registered-models/create", _ERROR)),
    "journey-500-version": partial(direct, partial(at, "model-versions/create", _ERROR)),
    "journey-store-unavailable": partial(
        direct, lambda: answering(error_reply(503, "TEMPORARILY_UNAVAILABLE", OUT_OF_STORE))
    ),
    "journey-artifact-denied": partial(direct, partial(denied_store, at_once=False)),
    "journey-artifact-denied-at-once": partial(direct, partial(denied_store, at_once=True)),
    "journey-rate-limited": partial(direct, lambda: answering(text_reply(429, "slow down"))),
    "journey-skipped-after-failure": partial(direct, partial(at, "runs/create", _ERROR)),
    "journey-stalls-experiment": partial(stalling, "experiments/create"),
    "journey-stalls-run": partial(stalling, "runs/log-parameter"),
    "journey-stalls-artifact": partial(stalling, "artifacts GET"),
    "journey-stalls-model": partial(stalling, "model-versions/create"),
    "journey-drips": partial(raw, drips(_HEAD + b"Content-Length: 99999\r\n\r\n", [b" "], 0.05)),
    "journey-closes": partial(raw, says()),
    "journey-truncated": partial(raw, says(_HEAD + b'Content-Length: 26\r\n\r\n{"experi')),
    "journey-garbage": partial(direct, partial(at, "experiments/create", text_reply(200, "Hello!"))),
    "journey-other-json": partial(direct, partial(at, "experiments/create", json_reply(200, {"status": "ok"}))),
    "journey-huge": partial(raw, endless(_HEAD + b"\r\n", b" " * 1000)),
    "journey-not-http": partial(raw, says(b"220 mail.platform.test ESMTP\r\n")),
    "journey-run-differs": partial(direct, partial(changing, "runs/get", b"0.875", b"0.125")),
    "journey-artifact-differs": partial(direct, partial(at, "artifacts GET", text_reply(200, "something else"))),
    "journey-version-missing": partial(
        direct, partial(at, "model-versions/get", error_reply(404, "RESOURCE_DOES_NOT_EXIST", "not found"))
    ),
    "journey-cannot-clean": partial(direct, partial(cannot_delete, admits_it=True)),
    "journey-deletes-nothing": partial(direct, partial(cannot_delete, admits_it=False)),
    "journey-slow": partial(direct, partial(slowly, 0.03), slow_after=0.2),
}
