"""What an endpoint answers, who says it, and what becomes of keys."""

import contextlib
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from functions.http.credential import Credential
from functions.http.family import Expect, JsonCondition
from tests.fault_lab.canary import plant
from tests.fault_lab.http_making import HTML, JSON, Factory, answer, detail, error, given, serves
from tests.fault_lab.servers import Script, tcp_server
from tests.fault_lab.situation import Situation

SITUATIONS: dict[str, Factory] = {}
_SECRET = "shop/auditor/canary-key"
_KEY = Credential(secret=_SECRET, key="api_key")


_BALANCER = "Server: awselb/2.0"


def _balancer_page(title: str) -> bytes:
    head = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
    return f"{head}<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n".encode()


def _werkzeug_page() -> bytes:
    return (
        f"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
        f"<p>{plant('http: error page')} was not found on the server.</p>\n"
    ).encode()


def _upstream(words: str) -> Mapping[str, str]:
    user, query = plant("http: user in a URL of an error"), plant("http: query in a URL of an error")
    return {"detail": f"{words} http://api:{user}@models.shop.internal:5000/search?token={query}"}


SITUATIONS["http-500-service"] = serves(
    lambda: error(
        "500",
        f"Traceback (most recent call last):\nKeyError: {plant('http: traceback')}".encode(),
        "Server: uvicorn",
        "Content-Type: text/plain",
    ),
)
SITUATIONS["http-502-balancer"] = serves(lambda: error("502", _balancer_page("502 Bad Gateway"), _BALANCER, HTML))
SITUATIONS["http-503-balancer"] = serves(
    lambda: error("503", _balancer_page("503 Service Temporarily Unavailable"), _BALANCER)
)
SITUATIONS["http-504-balancer"] = serves(lambda: error("504", _balancer_page("504 Gateway Time-out"), _BALANCER, HTML))
SITUATIONS["http-404-balancer"] = serves(lambda: error("404", b"Not Found", _BALANCER, "Content-Type: text/plain"))
SITUATIONS["http-404-werkzeug"] = serves(
    lambda: error("404", _werkzeug_page(), "Content-Type: text/html; charset=utf-8")
)
SITUATIONS["http-404-fastapi"] = serves(
    lambda: error("404", b'{"detail":"Not Found"}', "Server: uvicorn", JSON),
)


SITUATIONS["http-502-upstream"] = serves(lambda: detail("502", _upstream("Failed to connect to MLflow server at")))
SITUATIONS["http-504-upstream"] = serves(lambda: detail("504", _upstream("Model server request timeout after 30s for")))
SITUATIONS["http-503-envoy"] = serves(
    lambda: error("503", b"no healthy upstream", "Server: envoy", "Content-Type: text/plain")
)
SITUATIONS["http-503-storage"] = serves(lambda: error("503", {"error": "persistence_unavailable"}))
SITUATIONS["http-500-not-configured"] = serves(
    lambda: detail("500", {"detail": f"HuggingFace token not configured (was {plant('http: error text')})"}),
)
SITUATIONS["http-400-https-required"] = serves(
    lambda: error(
        "400",
        b"<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n"
        b"<center><h1>400 Bad Request</h1></center>\r\n<center>The plain HTTP request was sent to HTTPS port</center>"
        b"\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
        "Server: nginx",
        HTML,
    ),
)
SITUATIONS["http-400-client-certificate"] = serves(
    lambda: error(
        "400",
        b"<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n<body>\r\n"
        b"<center><h1>400 Bad Request</h1></center>\r\n<center>No required SSL certificate was sent</center>"
        b"\r\n<hr><center>nginx/1.18.0 (Ubuntu)</center>\r\n</body>\r\n</html>\r\n",
        "Server: nginx/1.18.0 (Ubuntu)",
        HTML,
    )
)
SITUATIONS["http-403-host"] = serves(
    lambda: error("403", b"Invalid Host header - possible DNS rebinding attack detected", "Content-Type: text/plain"),
)
SITUATIONS["http-429-anybody"] = serves(lambda: detail("429", {"detail": "Rate limit exceeded"}, "Retry-After: 30"))


def _secrets() -> dict[str, str]:
    return {_SECRET: json.dumps({"api_key": f"hk_live_{plant('http: credential')}"})}


def _with_key(
    script: Callable[[], Script], *, secrets: Callable[[], Mapping[str, str]] | None = None, **more: Any
) -> Factory:
    """A server that is asked with the canary key, and that repeats what it was asked with in a header."""

    @contextlib.contextmanager
    def situation() -> Iterator[Situation]:
        answers = script()

        def serve(connection: socket.socket, request: bytes) -> None:
            answers(cast("socket.socket", _Repeating(connection, request)), request)

        with tcp_server(serve) as port:
            yield given(
                f"http://127.0.0.1:{port}/api/models",
                secrets=(secrets or _secrets)(),
                credential=_KEY,
                **more,
            )

    return situation


class _Repeating:
    """A connection that puts what the caller sent into the answer's header, as careless debugging does."""

    def __init__(self, connection: socket.socket, request: bytes) -> None:
        self._connection = connection
        self._request = request

    def sendall(self, data: bytes) -> None:
        """The answer, with one header more."""
        plant("http: the key repeated by the peer")
        key = next((line for line in self._request.split(b"\r\n") if line.lower().startswith(b"authorization:")), b"")
        status, _, rest = data.partition(b"\r\n")
        server = b"" if b"\r\nServer:" in data else b"Server: uvicorn " + key + b"\r\n"
        self._connection.sendall(status + b"\r\n" + server + b"X-Seen: " + key + b"\r\n" + rest)


def _refusal(status: str, words: str, *headers: str) -> Callable[[], Script]:
    return lambda: detail(status, {"detail": words}, *headers)


SITUATIONS["http-401-key-demanded"] = serves(_refusal("401", "API key required"))
SITUATIONS["http-401-key-refused"] = _with_key(_refusal("401", "Invalid or expired API key"))
SITUATIONS["http-401-key-stripped"] = _with_key(_refusal("401", "API key required"))
SITUATIONS["http-401-auth-service"] = _with_key(_refusal("401", "Authentication service error"))
SITUATIONS["http-503-auth-service"] = _with_key(_refusal("503", "Authentication service unavailable", "Retry-After: 5"))
SITUATIONS["http-401-service-unknown"] = _with_key(_refusal("401", "Unknown service_id: reports"))
SITUATIONS["http-402-own-key"] = _with_key(_refusal("402", "Insufficient balance"))
SITUATIONS["http-403-own-key"] = _with_key(_refusal("403", "Insufficient permissions: model:write"))
SITUATIONS["http-429-own-key"] = _with_key(_refusal("429", "Rate limit exceeded", "Retry-After: 3600"))
SITUATIONS["http-403-forbidden"] = _with_key(_refusal("403", "Forbidden"))
SITUATIONS["http-429-balancer"] = _with_key(lambda: error("429", _balancer_page("429 Too Many Requests"), _BALANCER))
SITUATIONS["http-secret-missing"] = _with_key(answer, secrets=lambda: {"shop/another": "a-key-of-another-purpose"})
SITUATIONS["http-secret-malformed"] = _with_key(
    answer,
    secrets=lambda: {_SECRET: json.dumps({"token": f"hk_live_{plant('http: credential')}"})},
)
SITUATIONS["http-wrong-key-accepted"] = serves(
    lambda: answer({}), credential=Credential(wrong=True), expect=Expect(status=(401,))
)
PREFLIGHT = {
    "Origin": "https://shop.example",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization",
}
SITUATIONS["http-preflight-401"] = serves(
    _refusal("401", "API key required"),
    method="OPTIONS",
    headers=PREFLIGHT,
    expect=Expect(status=(200, 204)),
)
SITUATIONS["http-well-401"] = serves(_refusal("401", "API key required"), expect=Expect(status=(401,)))
SITUATIONS["http-well-wrong-key"] = serves(
    _refusal("401", "Invalid or expired API key"),
    credential=Credential(wrong=True),
    expect=Expect(status=(401,), json=(JsonCondition(path="$.detail", equals="Invalid or expired API key"),)),
)


def _lets_the_key_in(connection: socket.socket, request: bytes) -> None:
    known = f"Authorization: Bearer hk_live_{plant('http: credential')}".encode() in request
    script = answer({"models": []}) if known else detail("401", {"detail": "Invalid or expired API key"})
    script(connection, request)


SITUATIONS["http-well-key"] = _with_key(lambda: _lets_the_key_in)


def _validates(connection: socket.socket, request: bytes) -> None:
    head, _, body = request.partition(b"\r\n\r\n")
    length = int(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))[15:])
    while len(body) < length:
        body += connection.recv(65_536)
    known = json.loads(body or b"{}") == {"service_id": "platform"} and b"application/json" in head
    document = {"user_id": "u-1", "valid": True, "key": plant("http: response body")}
    script = answer(document) if known else detail("401", {"detail": "Invalid or expired API key"})
    script(connection, request)


@contextlib.contextmanager
def _well_key_validated() -> Iterator[Situation]:
    with tcp_server(_validates) as port:
        yield given(
            f"http://127.0.0.1:{port}/api/v1/keys/validate",
            method="POST",
            body={"service_id": "platform"},
            credential=_KEY,
            secrets=_secrets(),
            expect=Expect(json=(JsonCondition(path="$.valid", equals=True),)),
        )


SITUATIONS["http-well-key-validated"] = _well_key_validated
