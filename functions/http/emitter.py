"""Who wrote an answer: a pure reading of fingerprints in status, header and body."""

import re
from collections.abc import Mapping

from functions.http.facts import Emitter
from functions.http.jsonpath import load

_PREFIX_BYTES = 8192
_GATEWAY_STATUSES = (502, 504)
_APPLICATION_SERVERS = re.compile(
    r"\b(uvicorn|gunicorn|werkzeug|hypercorn|daphne|waitress|tornadoserver|basehttp|simplehttp|jetty|kestrel|cowboy|puma)\b",
    re.IGNORECASE,
)
_BODY_FINGERPRINTS: tuple[tuple[re.Pattern[bytes], Emitter, str], ...] = (
    (re.compile(rb"<center>(nginx|openresty)", re.IGNORECASE), Emitter.PROXY, "nginx's own error page"),
    (
        re.compile(rb"^(upstream connect error or disconnect|no healthy upstream|upstream request timeout)"),
        Emitter.PROXY,
        "Envoy's own error text",
    ),
    (re.compile(rb"No server is available to handle this request"), Emitter.PROXY, "HAProxy's own error page"),
    (
        re.compile(rb"^\s*<!doctype html>\s*<html lang=en>\s*<title>\d{3} ", re.IGNORECASE),
        Emitter.SERVICE,
        "Werkzeug's own error page",
    ),
)


def identify(status: int, headers: Mapping[str, str], body: bytes) -> tuple[Emitter, str]:
    """The emitter and the evidence for it; header names are lower case. Never fails, whatever the peer sent."""
    server = headers.get("server", "").lower()
    if server.startswith("awselb/"):
        # The balancer leaves a target's own Server header alone, so this one is only on answers it wrote itself.
        return Emitter.LOAD_BALANCER, "server: awselb"
    if server == "cloudfront":
        return Emitter.PROXY, "server: CloudFront"
    if "x-amzn-errortype" in headers:
        return Emitter.PROXY, "x-amzn-errortype of API Gateway"
    head = body[:_PREFIX_BYTES]
    for pattern, emitter, evidence in _BODY_FINGERPRINTS:
        if pattern.search(head):
            return emitter, evidence
    if status >= 400 and _is_fastapi_error(body):
        if status in _GATEWAY_STATUSES:
            return Emitter.PROXY, "FastAPI's error JSON under a gateway status: it could not reach what is behind it"
        return Emitter.SERVICE, "FastAPI's error JSON"
    match = _APPLICATION_SERVERS.search(server)
    if match:
        return Emitter.SERVICE, f"server: {match.group(1)}"
    if "nginx" in server:
        return Emitter.UNKNOWN, "server: nginx, which relays and answers alike"
    return Emitter.UNKNOWN, "no known fingerprint"


def _is_fastapi_error(body: bytes) -> bool:
    document = load(body) if len(body) <= _PREFIX_BYTES else None
    return isinstance(document, dict) and set(document) == {"detail"}
