"""What a probe of an HTTP target keeps, and why it can fail. No body, no query value, no header but the allowed few."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure


class Emitter(StrEnum):
    """Who wrote an answer. UNKNOWN is honest: most answers carry no fingerprint."""

    LOAD_BALANCER = "load_balancer"
    PROXY = "proxy"
    SERVICE = "service"
    UNKNOWN = "unknown"


Part = Literal["header", "body", "json"]

Message = Literal[
    "api_key_required",
    "auth_service_failed",
    "client_certificate_required",
    "forbidden",
    "host_rejected",
    "https_required",
    "invalid_key",
    "no_healthy_target",
    "not_configured",
    "not_found_default",
    "not_found_page",
    "not_found_route",
    "payment_required",
    "permission_denied",
    "rate_limited",
    "service_unknown",
    "storage_unavailable",
    "target_broken",
    "target_timeout",
    "upstream_connect_failed",
    "upstream_timeout",
]
"""What the body of an error is known to say. ``target_*`` and ``no_healthy_target`` speak of what a balancer sends to,
``upstream_*`` of what an application asks on behalf of its caller; of the three ``not_found_*`` the default is a
balancer's own answer, a page is an application's HTML and a route an API's JSON."""

StoreTrouble = Literal[
    "address_unusable",
    "certificate_refused",
    "encryption_demanded",
    "login_refused",
    "no_such_database",
    "schema_differs",
    "slots_full",
    "storage_full",
]
"""Why a service cannot use its relational store, where its answer passes on PostgreSQL's or its driver's words."""

State = Literal["healthy", "degraded", "unhealthy", "not_used", "unrecognised", "missing"]
"""A word of a health document as the auditor reads it; the word itself is not kept."""

Breaker = Literal["closed", "open", "half_open", "unrecognised", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The outcome of one declared condition. ``observed`` is bounded and holds no credential."""

    part: Part
    name: str
    met: bool
    observed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyState:
    """What a health document says about one thing that the service needs."""

    name: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """What an answer's health document says, of what the target declares; None and empty where nothing is declared.

    ``upstream`` is host:port of the address that the service says it uses.
    """

    status: State | None = None
    dependencies: tuple[DependencyState, ...] = ()
    breaker: Breaker | None = None
    upstream: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApiFacts:
    """What was found where an OpenAPI document should be; ``version`` is empty where the body names none."""

    is_json: bool
    version: str
    paths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One redirect that was answered: by which address, with which status, and where it points (without query)."""

    address: str
    status: int
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts:
    """A complete and well-formed answer, the last one if redirects were followed.

    ``message`` and ``names_upstream`` are read from the body of an error: what it says, and host:port of the address
    that it could not reach. ``store_trouble``: what a health document or the body of an error passes on of a store's
    refusal. ``clock_ahead_seconds``: by how much the answer's Date is ahead of the auditor's clock, behind it where
    negative; None without a Date, or where a cache kept the answer.
    """

    status: int
    http_version: str
    emitter: Emitter
    emitter_evidence: str
    server: str
    content_type: str
    retry_after: str
    body_bytes: int
    conditions: tuple[Condition, ...]
    message: Message | None = None
    names_upstream: str = ""
    health: HealthFacts | None = None
    openapi: OpenApiFacts | None = None
    store_trouble: StoreTrouble | None = None
    clock_ahead_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """What one resolved address did: it answered, or a failure says in which phase and why it did not."""

    address: str
    answer: AnswerFacts | None
    failure: Failure | None
    hops: tuple[Hop, ...]
    total_ms: float
    """Name resolution, connection, handshake, request and answer of this address, redirects included.

    Without what the auditor itself took: a probe that was late or throttled reports no slow target.
    """
    samples_ms: tuple[float, ...] = ()
    """``total_ms`` and the times of further requests, which are made only where it is over the target's limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFacts:
    """``resolved`` holds every address of the name; ``probed`` those that were asked, which may be fewer.

    ``credential`` says which key went along, to the declared host only: none, the canary key, or a made-up one.
    """

    method: str
    scheme: str
    host: str
    port: int
    path: str
    query_names: tuple[str, ...]
    resolved: tuple[str, ...]
    probed: tuple[AddressFacts, ...]
    credential: Literal["none", "canary", "wrong"] = "none"


def _cause(id: str, meaning: str) -> Cause:
    # Each of these needs an established connection, so packets went there and back.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("http.first_byte_timeout", "the peer took the connection and sent no answer in time"),
    _cause("http.transfer_timeout", "the answer began and did not end in time"),
    _cause("http.malformed", "what the peer sent is not an HTTP answer"),
    _cause("http.truncated", "the peer ended the connection before the answer was complete"),
    _cause("http.body_too_large", "the body is longer than the target allows, counted after decompression"),
    _cause("http.headers_too_large", "the answer's header is longer than any honest one"),
    _cause("http.encoding", "the body's compression cannot be undone"),
    _cause("http.status", "the status is not an expected one"),
    _cause("http.header", "a declared header condition is not met"),
    _cause("http.body", "a declared body condition is not met"),
    _cause("http.json", "a declared JSON condition is not met"),
    _cause("http.redirect", "a redirect leads elsewhere than declared, or may not be followed"),
    _cause("http.redirect_loop", "redirects lead back to a place already seen"),
    _cause("http.health_bad", "the service's own health document says that it or something it needs is not well"),
    _cause("http.health_unreadable", "the health document lacks a declared field or says an unknown word there"),
    _cause("http.breaker_open", "the service has stopped asking something that failed too often"),
    _cause("http.openapi", "what is served is no OpenAPI document with paths"),
    _cause("http.slow", "the answer took longer than declared"),
)

FACTS = HttpFacts
"""What an observation of this family holds; a replay reads it back by this name."""
