"""What a probe of a load balancer or a target group keeps, and why it can fail.

Of a rule's conditions on headers and queries only the names are kept: their values are often shared secrets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure

MAX_LISTENERS = 10
MAX_RULES = 300
MAX_CERTIFICATES = 10
MAX_TARGETS = 100
MAX_NAMES = 20
"""Zones, security groups, values of one condition and the like: AWS admits fewer of each."""

OutcomeKind = Literal["forward", "redirect", "fixed_response", "other"]


class Reason(StrEnum):
    """Why a target is in its state, by AWS's reason codes; empty for a healthy one."""

    NONE = ""
    REGISTERING = "registering"
    FIRST_CHECKS = "first_checks"
    """The first health checks are not over yet."""
    RESPONSE_CODE_MISMATCH = "response_code_mismatch"
    TIMEOUT = "timeout"
    CONNECTION_FAILED = "connection_failed"
    """No connection, or what came is no HTTP."""
    INTERNAL_ERROR = "internal_error"
    """AWS's own health checks failed."""
    NOT_REGISTERED = "not_registered"
    NOT_ATTACHED = "not_attached"
    """The group is used by no load balancer."""
    ZONE_NOT_ENABLED = "zone_not_enabled"
    INVALID_STATE = "invalid_state"
    """The instance is stopped or terminated."""
    ADDRESS_UNUSABLE = "address_unusable"
    DRAINING = "draining"
    CHECKS_DISABLED = "checks_disabled"
    OTHER = "other"


class State(StrEnum):
    """State of a target as AWS tells it."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNUSED = "unused"
    DRAINING = "draining"
    UNAVAILABLE = "unavailable"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerFacts:
    """The load balancer itself. ``id`` is ``app/name/0123…``, by which CloudWatch knows it; ``zones`` those it serves.

    ``state`` is active, provisioning, active_impaired or failed.
    """

    name: str
    id: str
    kind: str
    scheme: str
    state: str
    dns_name: str
    vpc: str
    zones: tuple[str, ...]
    security_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardFacts:
    """A target group that an action forwards to, and its share of the weights, which can be 0."""

    group: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeFacts:
    """What a rule does with a request in the end.

    ``status`` is that of a redirect or a fixed response. ``after_login``: users who are not logged in are sent there.
    """

    kind: OutcomeKind
    forwards: tuple[ForwardFacts, ...] = ()
    status: int | None = None
    after_login: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """One rule. ``priority`` is None for the default one. None in ``hosts``, ``paths``, ``methods``: no such condition.

    Conditions hold together; of the values of one condition one is enough. ``undecidable`` names the conditions on what
    a declared request does not say: ``http-header X-Canary``, ``query-string``, ``source-ip``, regular expressions.
    """

    priority: int | None
    outcome: OutcomeFacts
    hosts: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None
    methods: tuple[str, ...] | None = None
    undecidable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerFacts:
    """One listener. ``rules`` by priority, the default last; None where they were not read. ``certificates``: ARNs."""

    port: int
    protocol: str
    certificates: tuple[str, ...]
    rules: tuple[RuleFacts, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """One certificate as ACM tells it.

    ``days_left`` is from the moment of the probe, below 0 after the end, None where ACM names no end. ``renewal`` is
    ACM's RenewalStatus, empty where it has none; ``renewal_reason`` one of ACM's codes. ``unvalidated``: domains that
    ACM could not validate for the renewal, each by DNS where ``validated_by_dns``.
    """

    arn: str
    domain: str
    origin: Literal["amazon_issued", "imported", "private", "other"]
    status: str
    not_after: datetime | None
    days_left: float | None
    renewal: str
    renewal_reason: str
    unvalidated: tuple[str, ...]
    validated_by_dns: bool

    @property
    def expired(self) -> bool:
        """Whether ACM says so, or its end has passed."""
        return self.status == "EXPIRED" or (self.days_left is not None and self.days_left < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheckFacts:
    """How the balancer checks the targets of a group. ``port``: a number or ``traffic-port``; ``matcher`` as given."""

    enabled: bool
    protocol: str
    port: str
    path: str
    matcher: str
    timeout_seconds: int
    interval_seconds: int
    healthy_after: int
    unhealthy_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """A target group. ``id`` is ``targetgroup/name/0123…``; ``balancers``: names of those that use it."""

    name: str
    id: str
    kind: str
    protocol: str
    port: int | None
    vpc: str
    balancers: tuple[str, ...]
    check: HealthCheckFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """One registered target. ``id`` is its address or its instance's id; ``codes`` the statuses that AWS names."""

    id: str
    port: int | None
    zone: str
    state: State
    reason: Reason
    codes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFacts:
    """One minute of a metric, by its beginning. A minute that is missing was not measured."""

    at: datetime
    value: float


MetricName = Literal[
    "connection_errors",
    "healthy",
    "own_4xx",
    "own_502",
    "own_503",
    "own_504",
    "own_5xx",
    "p50",
    "p95",
    "p99",
    "requests",
    "target_4xx",
    "target_5xx",
]
"""``own_*`` were answered by the balancer itself. ``p50`` to ``p99`` are seconds that targets took; ``healthy`` the
least number of healthy targets. ``requests`` are those for which a target could be chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerFacts:
    """A balancer or a target group. None means "not read", and then ``unread`` says why under the field's name.

    Fields of the kind that the target is not stay None. ``targets``: at most 100 of ``targets_total``, those that are
    not healthy first.
    ``served_zones``: zones of the group's balancer, read only where a target is in none of them. ``metrics``: by
    ``MetricName`` the minutes from ``measured_from`` to ``measured_to`` of which CloudWatch has a data point: none of
    a minute without traffic, and none of a kind of error that did not happen.
    """

    name: str
    balancer: BalancerFacts | None = None
    listeners: tuple[ListenerFacts, ...] | None = None
    certificates: tuple[CertificateFacts, ...] | None = None
    group: GroupFacts | None = None
    targets: tuple[TargetFacts, ...] | None = None
    targets_total: int = 0
    served_zones: tuple[str, ...] | None = None
    metrics: Mapping[str, tuple[SampleFacts, ...]] | None = None
    measured_from: datetime | None = None
    measured_to: datetime | None = None
    unread: Mapping[str, Failure] = field(default_factory=dict)
    """Per field why it is not read; ``rules`` are those of a listener."""


def _cause(id: str, meaning: str) -> Cause:
    # AWS itself says each of these, so none of them can be laid to the auditor's place in the network.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("lb.not_active", "the load balancer is not active"),
    _cause("lb.impaired", "the load balancer routes traffic and cannot grow"),
    _cause("lb.no_listener", "nothing listens on the port"),
    _cause("lb.no_rules", "the listener forwards nothing at all"),
    _cause("lb.route_missing", "no rule forwards this request"),
    _cause("lb.route_wrong_group", "the rule that takes this request forwards to another group than declared"),
    _cause("lb.route_captured", "a rule that is not this host's takes its request before the host's own rule"),
    _cause("lb.route_undecidable", "which rule takes the request depends on what a declared route does not say"),
    _cause("lb.certificate_expired", "a listener's certificate has expired"),
    _cause("lb.certificate_unusable", "a listener's certificate is revoked or was never issued"),
    _cause("lb.renewal_failed", "ACM gave the renewal of a certificate up"),
    _cause("lb.renewal_pending", "ACM cannot renew a certificate until its domains are validated"),
    _cause("lb.certificate_ends_soon", "a certificate ends within 30 days"),
    _cause("lb.no_target_answers", "the balancer itself answers 503: its group has no target"),
    _cause("lb.target_broken", "the balancer itself answers 502: targets refuse or break the connection"),
    _cause("lb.target_late", "the balancer itself answers 504: targets do not answer in time"),
    _cause("lb.own_errors", "the balancer itself answers with other 5xx"),
    _cause("lb.target_errors", "targets answer with 5xx"),
    _cause("lb.slow", "targets take longer than declared"),
    _cause("lb.not_attached", "no listener uses the group"),
    _cause("lb.no_targets", "nothing is registered in the group"),
    _cause("lb.response_code_mismatch", "health checks are answered with a status that the matcher does not accept"),
    _cause("lb.timeout", "health checks are not answered in time"),
    _cause("lb.connection_failed", "health checks get no connection or no HTTP answer"),
    _cause("lb.internal_error", "AWS's own health checks fail"),
    _cause("lb.zone_not_enabled", "targets run in a zone that the balancer does not serve"),
    _cause("lb.target_unusable", "targets are stopped, or have an address that cannot be used"),
    _cause("lb.starting", "no target is healthy and the first checks are not over"),
    _cause("lb.draining", "every target is being deregistered"),
    _cause("lb.unhealthy", "targets are unhealthy for another reason"),
    _cause("lb.fails_open", "every target is unhealthy, so requests go to all of them, and fail"),
    _cause("lb.unhealthy_but_serving", "every target is unhealthy by its check and users are served well"),
    _cause("lb.healthy_but_failing", "every target is healthy by its check and users get errors"),
)

FACTS = LoadBalancerFacts
"""What an observation of this family holds; a replay reads it back by this name."""
