"""What the body of an error is known to say, as one word of a closed list: pure, and no text of a peer is kept."""

import re
from collections.abc import Mapping
from typing import Any

from functions.http.facts import Emitter, Message
from functions.http.jsonpath import MISSING, load
from functions.http.upstream import named_upstream

_PREFIX_BYTES = 8192
_TEXT_FIELDS = ("detail", "error", "message", "error_code", "title")
_UPSTREAM_MESSAGES: tuple[Message, ...] = ("upstream_connect_failed", "upstream_timeout")

_BALANCER: dict[int, Message] = {
    404: "not_found_default",
    502: "target_broken",
    503: "no_healthy_target",
    504: "target_timeout",
}
_BALANCER_PAGE = re.compile(rb"<title>50[234] ", re.IGNORECASE)
_APPLICATION_PAGE = re.compile(rb"^\s*<!doctype html>\s*<html lang=en>\s*<title>404 ", re.IGNORECASE)

_WORDS: tuple[tuple[tuple[int, ...], re.Pattern[str], Message], ...] = (
    # What is said about the service behind comes before what is said about the key: both stand under 401.
    (
        (401, 500, 502, 503, 504),
        re.compile(r"\bauth(?:entication|orization)? service (?:error|time|unavailable|failed)"),
        "auth_service_failed",
    ),
    # An id that nobody knows comes before a key that nobody knows, since the sentence may speak of both.
    (
        (400, 401, 403, 422),
        re.compile(
            r"\b(?:unknown|unrecogni[sz]ed|invalid|unregistered) service ?id\b"
            r"|\bservice(?: ?id)? ?(?:[\"'][^\"']{1,40}[\"'] )?is (?:unknown|not (?:known|registered|recogni[sz]ed))\b"
        ),
        "service_unknown",
    ),
    ((401, 403), re.compile(r"\b(?:invalid|expired|unknown|revoked)\b.{0,24}\b(?:key|token)\b"), "invalid_key"),
    (
        (401, 403),
        re.compile(
            r"\b(?:api key|authorization|authentication|token|credentials?)\b.{0,32}"
            r"\b(?:required|missing|not provided)\b"
            r"|\b(?:missing|no)\b.{0,16}\b(?:api key|authorization|token|credentials?)\b|\bnot authenticated\b"
        ),
        "api_key_required",
    ),
    ((400, 403, 421), re.compile(r"\binvalid host header\b|\bdns rebinding\b|\bdisallowed host\b"), "host_rejected"),
    (
        (403,),
        re.compile(r"\binsufficient (?:permission|scope|privilege|role)|\b(?:admin|permission|scope|role) required\b"),
        "permission_denied",
    ),
    ((403,), re.compile(r"\bforbidden\b"), "forbidden"),
    ((402,), re.compile(""), "payment_required"),
    ((429,), re.compile(""), "rate_limited"),
    (
        (400, 426),
        re.compile(r"\bplain http request was sent to https port\b|\bhttp request to an https server\b"),
        "https_required",
    ),
    (
        (400, 403),
        re.compile(r"\bno required (?:ssl|tls|client) certificate\b|\bclient certificate (?:is )?required\b"),
        "client_certificate_required",
    ),
    (
        (500, 502, 503, 504),
        re.compile(r"\bconnect(?:ion)?\b.{0,40}\btime(?:out|d out)\b|\b(?:request|gateway) time(?:out|d out| out)\b"),
        "upstream_timeout",
    ),
    (
        (500, 502, 503),
        re.compile(
            r"\b(?:failed|unable) to (?:connect to|reach)\b|\b(?:could not|cannot) (?:connect to|reach)\b"
            r"|\bupstream connect error\b"
        ),
        "upstream_connect_failed",
    ),
    ((503,), re.compile(r"\bno healthy upstream\b|\bno server is available\b"), "no_healthy_target"),
    ((500, 503), re.compile(r"\b(?:persistence|storage) unavailable\b"), "storage_unavailable"),
    ((500, 503), re.compile(r"\bnot configured\b"), "not_configured"),
)
"""Which words under which statuses mean what; 402 and 429 say it themselves.

Texts are compared in lower case, with blanks for ``_`` and ``-``.
"""


def read_message(status: int, emitter: Emitter, headers: Mapping[str, str], body: bytes) -> tuple[Message | None, str]:
    """What an error's body says, and the upstream (``host:port``) that it names; header names are lower case."""
    if status < 400:
        return None, ""
    head = body[:_PREFIX_BYTES]
    if emitter is Emitter.LOAD_BALANCER:
        # Of its own accord a balancer writes error pages; another body, or a 404, is what its owner has fixed for it.
        own = status == 404 or _BALANCER_PAGE.search(head) is not None
        return (_BALANCER.get(status) if own else None), ""
    if status == 404 and _APPLICATION_PAGE.search(head):
        return "not_found_page", ""
    document = load(body) if len(body) <= _PREFIX_BYTES else MISSING
    if status == 404 and isinstance(document, dict) and document.get("detail") == "Not Found":
        return "not_found_route", ""
    markup = "html" in headers.get("content-type", "").lower() or head.lstrip().startswith(b"<")
    # Prose in a page may say anything; only what is known to be a proxy's own error page is read.
    text = _text(document, head if not markup or emitter is Emitter.PROXY else b"")
    lowered = text.lower().replace("_", " ").replace("-", " ")
    for statuses, pattern, message in _WORDS:
        if status in statuses and pattern.search(lowered):
            return message, named_upstream(text) if message in _UPSTREAM_MESSAGES else ""
    return None, ""


def _text(document: Any, head: bytes) -> str:
    """The sentence of an error: the usual fields of its JSON, or a body that is no JSON."""
    if isinstance(document, dict):
        return " ".join(_sentences(document))
    if isinstance(document, str):
        return document
    return head.decode("utf-8", errors="replace") if document is MISSING else ""


def _sentences(document: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for field in _TEXT_FIELDS:
        value = document.get(field)
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            found += [inner for name in _TEXT_FIELDS if isinstance(inner := value.get(name), str)]
    return found
