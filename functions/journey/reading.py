"""What an answer means: status, headers and body to closed words. Pure, and no text of a peer is kept."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast, get_args

from auditor.domain.diagnosis.words import Emitter
from functions.journey.facts import CallFacts, ErrorCode, Says, StoreRefusal

_PREFIX_BYTES = 8192
_CODES: frozenset[str] = frozenset(get_args(ErrorCode))
_GATEWAY: dict[int, Says] = {502: "upstream_unreachable", 503: "no_healthy_target", 504: "upstream_timeout"}

_WORDS: tuple[tuple[tuple[int, ...], re.Pattern[str], Says], ...] = (
    ((400, 403, 421), re.compile(r"\binvalid host header\b|\bdns rebinding\b|\bdisallowed host\b"), "host_rejected"),
    # What is said about the service behind comes before what is said about the key: both stand under 401.
    (
        (401, 500, 502, 503, 504),
        re.compile(r"\bauth(?:entication|orization)? service (?:error|time|unavailable|failed)"),
        "auth_service_failed",
    ),
    ((401, 403), re.compile(r"\b(?:invalid|expired|unknown|revoked)\b.{0,24}\b(?:key|token)\b"), "key_refused"),
    (
        (401, 403),
        re.compile(
            r"\b(?:api key|authorization|authentication|token|credentials?)\b.{0,32}"
            r"\b(?:required|missing|not provided)\b"
            r"|\b(?:missing|no)\b.{0,16}\b(?:api key|authorization|token|credentials?)\b|\bnot authenticated\b"
        ),
        "auth_demanded",
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
        "upstream_unreachable",
    ),
    ((503,), re.compile(r"\bno healthy upstream\b|\bno server is available\b"), "no_healthy_target"),
)
"""Which words under which statuses mean what. Texts are compared in lower case, with blanks for ``_`` and ``-``."""

_DRIVER = re.compile(r"psycopg|pymysql|mysqldb|sqlite3|sqlalche")
"""In MLflow's text these say that it speaks of its own database."""

_STORE: tuple[tuple[re.Pattern[str], StoreRefusal], ...] = (
    (re.compile(r"password authentication failed"), "credentials_refused"),
    # A driver that tried both ways names both.
    (re.compile(r"no pg hba\.conf entry.*ssl encryption|is not permitted to log in", re.DOTALL), "not_admitted"),
    (re.compile(r"no pg hba\.conf entry.*no encryption", re.DOTALL), "encryption_demanded"),
    (re.compile(r"no pg hba\.conf entry"), "not_admitted"),
    (re.compile(r"database \S{1,80} does not exist"), "no_such_database"),
    (re.compile(r"connection slots|too many (?:connections|clients)"), "slots_full"),
    (re.compile(r"system is (?:starting up|shutting down|in recovery)|not yet accepting connections"), "starting"),
    (re.compile(r"read only transaction"), "read_only"),
    (re.compile(r"no space left on device|could not extend file"), "storage_full"),
    (re.compile(r"could not translate host name|name or service not known"), "name_unknown"),
    (re.compile(r"connection refused"), "connection_refused"),
    (re.compile(r"timeout expired|connection timed out|timed out"), "timeout"),
)


def document_of(body: bytes) -> dict[str, Any] | None:
    """The JSON object of a body; None for anything else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # ValueError covers bad syntax, bad encoding and numbers of absurd length
        return None
    return document if isinstance(document, dict) else None


def refusal(
    call: str, status: int, headers: Mapping[str, str], body: bytes, *, key_sent: bool, of_artifact: bool
) -> CallFacts:
    """What an answer says whose status is not the hoped-for one; header names are lower case. Never fails.

    ``of_artifact``: the request was about an artifact, so a denial may be that of its store.
    """
    document = document_of(body) if len(body) <= _PREFIX_BYTES else None
    code = _error_code(document)
    text = _text(document, headers, body)
    emitter = _emitter(status, headers, body, document)
    says = _says(status, emitter, code, text)
    if of_artifact and code == "PERMISSION_DENIED":
        says = "artifact_store_denied"
    elif says == "auth_demanded" and key_sent:
        says = "key_dropped"
    elif says is None and status == 401:
        says = "key_refused" if key_sent else "auth_demanded"
    elif says is None and (status in (402, 403) or (status == 429 and key_sent)):
        says = "not_permitted"
    return CallFacts(
        call=call,
        status=status,
        emitter=emitter,
        error_code=code,
        says=says or ("server_error" if status >= 500 else "unexpected_status"),
        store=_store(text) if says == "store_unavailable" else None,
    )


def _says(status: int, emitter: Emitter, code: ErrorCode | None, text: str) -> Says | None:
    if emitter is Emitter.LOAD_BALANCER and status in _GATEWAY:
        return _GATEWAY[status]
    if 300 <= status < 400:
        return "redirected"
    if status == 404:
        # MLflow's own word for a thing that is not there; whoever knows no path says it in another way.
        return "unexpected_status" if code == "RESOURCE_DOES_NOT_EXIST" else "not_served"
    if code == "TEMPORARILY_UNAVAILABLE" or (code in ("BAD_REQUEST", "INTERNAL_ERROR") and _DRIVER.search(text)):
        return "store_unavailable"
    if status >= 500 and code is not None:
        return None  # MLflow's own words, which speak of no service behind
    for statuses, pattern, says in _WORDS:
        if status in statuses and pattern.search(text):
            return says
    return _GATEWAY.get(status) if emitter is Emitter.PROXY else None


def _emitter(status: int, headers: Mapping[str, str], body: bytes, document: dict[str, Any] | None) -> Emitter:
    """Who wrote an error, by fingerprints; UNKNOWN is honest."""
    server = headers.get("server", "").lower()
    if server.startswith("awselb/"):
        return Emitter.LOAD_BALANCER
    head = body[:_PREFIX_BYTES]
    if server == "cloudfront" or re.search(rb"<center>(nginx|openresty)", head, re.IGNORECASE):
        return Emitter.PROXY
    if document is not None and set(document) == {"detail"}:
        return Emitter.PROXY if status in _GATEWAY else Emitter.SERVICE
    if document is not None and "error_code" in document:
        return Emitter.SERVICE
    if re.match(rb"\s*<!doctype html>\s*<html lang=en>\s*<title>\d{3} ", head, re.IGNORECASE):
        return Emitter.SERVICE
    return Emitter.SERVICE if server.startswith(("uvicorn", "gunicorn", "werkzeug")) else Emitter.UNKNOWN


def _error_code(document: dict[str, Any] | None) -> ErrorCode | None:
    code = document.get("error_code") if document is not None else None
    if not isinstance(code, str):
        return None
    return cast(ErrorCode, code) if code in _CODES else "other"


def _text(document: dict[str, Any] | None, headers: Mapping[str, str], body: bytes) -> str:
    """The sentence of an error, in lower case: the usual fields of its JSON, or a body that is plain text."""
    if document is not None:
        found = [value for name in ("detail", "error", "message") if isinstance(value := document.get(name), str)]
        text = " ".join(found)
    elif "html" in headers.get("content-type", "").lower() or body.lstrip().startswith(b"<"):
        text = ""  # prose in a page may say anything
    else:
        text = body[:_PREFIX_BYTES].decode("utf-8", errors="replace")
    return text[:_PREFIX_BYTES].lower().replace("_", " ").replace("-", " ")


def _store(text: str) -> StoreRefusal | None:
    return next((refusal for pattern, refusal in _STORE if pattern.search(text)), None)
