"""What a journey keeps, and why it can fail. Nothing of an answer's text, and no name but those it made itself."""

from dataclasses import dataclass
from typing import Literal

from auditor.domain.cause import Cause
from auditor.domain.diagnosis.words import Emitter

MAX_LEFT = 10
"""Names of what could not be taken away; more are counted and not named."""

StageName = Literal["experiment", "run", "artifact", "model_version"]

STAGES: tuple[StageName, ...] = ("experiment", "run", "artifact", "model_version")

Says = Literal[
    "host_rejected",
    "auth_demanded",
    "key_dropped",
    "key_refused",
    "not_permitted",
    "auth_service_failed",
    "redirected",
    "not_served",
    "upstream_unreachable",
    "upstream_timeout",
    "no_healthy_target",
    "store_unavailable",
    "artifact_store_denied",
    "server_error",
    "unexpected_status",
    "unreadable",
    "not_read_back",
]
"""What a complete answer that is not the hoped-for one means; each is a cause of this family."""

ErrorCode = Literal[
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_DOES_NOT_EXIST",
    "INVALID_PARAMETER_VALUE",
    "BAD_REQUEST",
    "INVALID_STATE",
    "INTERNAL_ERROR",
    "TEMPORARILY_UNAVAILABLE",
    "PERMISSION_DENIED",
    "UNAUTHENTICATED",
    "ENDPOINT_NOT_FOUND",
    "NOT_IMPLEMENTED",
    "REQUEST_LIMIT_EXCEEDED",
    "RESOURCE_EXHAUSTED",
    "other",
]
"""MLflow's ``error_code``; ``other`` for a word that is none of these."""

StoreRefusal = Literal[
    "credentials_refused",
    "not_admitted",
    "encryption_demanded",
    "no_such_database",
    "slots_full",
    "starting",
    "read_only",
    "storage_full",
    "name_unknown",
    "connection_refused",
    "timeout",
]
"""Why MLflow's own database does not serve it, by the words of the database or its driver."""

Reason = Literal["not_enabled", "earlier_stage", "artifacts_elsewhere"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """One request that did not give what was hoped for.

    ``call`` is MLflow's name of it (``runs/create``). ``status`` is None where no complete answer came; the
    observation's failures then say why. ``says`` is None for an answer that was as hoped for.
    """

    call: str
    status: int | None = None
    emitter: Emitter = Emitter.UNKNOWN
    error_code: ErrorCode | None = None
    says: Says | None = None
    store: StoreRefusal | None = None

    @property
    def name_and_status(self) -> str:
        """As messages tell it."""
        return self.call if self.status is None else f"{self.call} answered {self.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFacts:
    """One of the four stages; ``stopped_at`` is the request at which it failed, ``reason`` why it had no turn."""

    name: StageName
    outcome: Literal["done", "failed", "not_asked"]
    reason: Reason | None = None
    requests: int = 0
    duration_ms: float = 0.0
    stopped_at: CallFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemainsFacts:
    """What became of the things that this journey and earlier ones made.

    ``looked``: whether it was seen at the end what is left. ``left``: own names that are still there, at most ten, and
    ``left_count`` all of them. ``orphans``: things of killed runs that were found, ``orphans_removed`` how many of them
    are gone. ``stopped_at``: the first request of the cleanup that failed.
    """

    looked: bool = False
    removed: int = 0
    left: tuple[str, ...] = ()
    left_count: int = 0
    orphans: int = 0
    orphans_removed: int = 0
    requests: int = 0
    duration_ms: float = 0.0
    stopped_at: CallFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyFacts:
    """One journey. ``remains`` is None where nothing was sent that could have made anything.

    ``by_other_host``: where the Host header was refused, whether the same server answers when it is called localhost.
    """

    enabled: bool
    scheme: Literal["http", "https"]
    host: str
    port: int
    prefix: str
    resolved: tuple[str, ...] = ()
    credential: Literal["none", "canary"] = "none"
    stages: tuple[StageFacts, ...] = ()
    by_other_host: bool | None = None
    remains: RemainsFacts | None = None


def _cause(id: str, meaning: str) -> Cause:
    # Each of these needs an established connection, so packets went there and back.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("journey.no_answer", "the peer took the request and sent no answer in time"),
    _cause("journey.answer_unfinished", "the answer began and did not end in time"),
    _cause("journey.answer_truncated", "the answer's body breaks off or cannot be read to its end"),
    _cause("journey.answer_too_large", "the answer is longer than any honest one"),
    _cause("journey.not_http", "what the peer sent is not an HTTP answer"),
    _cause("journey.out_of_time", "the time of the whole journey ended before this request had its turn"),
    _cause("journey.host_rejected", "the server refuses the Host that it is called by"),
    _cause("journey.auth_demanded", "the server demands a key, and the catalogue names none"),
    _cause("journey.key_dropped", "the server says that it got no key, although one was sent"),
    _cause("journey.key_refused", "the server calls the canary key invalid"),
    _cause("journey.not_permitted", "the key is valid and may not do this: scope, balance or rate"),
    _cause("journey.auth_service_failed", "the service that validates keys does not work"),
    _cause("journey.redirected", "the request was sent elsewhere, where no key follows"),
    _cause("journey.not_served", "the path is not served there"),
    _cause("journey.upstream_unreachable", "what stands in front did not reach what is behind it"),
    _cause("journey.upstream_timeout", "what stands in front waited in vain for what is behind it"),
    _cause("journey.no_healthy_target", "the load balancer has nothing to send the request to"),
    _cause("journey.store_unavailable", "the server says that its own database does not serve it"),
    _cause("journey.artifact_store_denied", "the store of artifacts denies the server"),
    _cause("journey.server_error", "the server failed at this stage"),
    _cause("journey.unexpected_status", "the status is not one that this request is answered with"),
    _cause("journey.unreadable", "the answer is not what MLflow answers"),
    _cause("journey.not_read_back", "what is read back is not what was written"),
    _cause("journey.slow", "all stages together took longer than declared"),
    _cause("journey.cleanup_failed", "something that was made could not be taken away, or not be looked for"),
)

FACTS = JourneyFacts
"""What an observation of this family holds; a replay reads it back by this name."""
