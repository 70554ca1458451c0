"""What a probe of a registered name keeps, and why it can fail. Of an instance's attributes only AWS's own."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure

MAX_INSTANCES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceFacts:
    """One namespace of the account and region. ``name`` is its DNS name; only DNS types have names that resolve."""

    name: str
    id: str
    type: Literal["DNS_PRIVATE", "DNS_PUBLIC", "HTTP"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryFacts:
    """The declared Cloud Map service.

    ``arn`` is what an ECS service names in its ``serviceRegistries``. ``record_types`` and ``ttl_seconds`` are what
    its instances become in DNS. ``health_check``: ``custom`` (told by ECS), ``route53`` (measured by AWS) or ``none``.
    """

    name: str
    id: str
    arn: str
    namespace_id: str
    record_types: tuple[str, ...]
    ttl_seconds: int | None
    health_check: Literal["custom", "route53", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFacts:
    """One registered instance.

    ``address``: its IPv4, else IPv6 address, else the name it is an alias of. ``port`` is None where none was
    registered, and then clients bring their own. ``health`` is what Cloud Map says, None where that was not read.
    ``ecs_service``: the ECS service that registered it, empty where none did.
    """

    id: str
    address: str
    port: int | None
    health: Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"] | None
    ecs_service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFacts:
    """One hosted zone of the account; the same name can be a public and a private one."""

    name: str
    id: str
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """One record set of the declared name, of an address type or CNAME.

    ``values`` are addresses or a name; an alias has none, and ``alias`` is the AWS name it follows;
    ``evaluates_health``: Route 53 leaves an alias out while what it follows is unhealthy, None of what is no alias.
    """

    zone_id: str
    private: bool
    type: Literal["A", "AAAA", "CNAME"]
    values: tuple[str, ...]
    alias: str
    ttl_seconds: int | None
    evaluates_health: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryFacts:
    """What AWS has registered. None means "not read", and then ``unread`` says why under the field's name.

    ``namespaces``: all of the account and region. ``services``: names of all services of the declared namespace.
    ``service``: the declared one, None where it does not exist. ``instances``: at most 100 of ``instances_total``.
    ``zones``: all hosted zones. ``records``: those of exactly the declared name, whatever their type, in every zone of
    the declared name. Fields of the kind that the target is not stay None.
    """

    namespaces: tuple[NamespaceFacts, ...] | None = None
    services: tuple[str, ...] | None = None
    service: RegistryFacts | None = None
    instances: tuple[InstanceFacts, ...] | None = None
    instances_total: int = 0
    zones: tuple[ZoneFacts, ...] | None = None
    records: tuple[RecordFacts, ...] | None = None
    unread: Mapping[str, Failure] = field(default_factory=dict)
    """Per field (namespaces, services, instances, health, zones, records) why it is not read."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The existing name that is most like the wanted one, if any is. Labels shared at the end say nothing."""
    scored = [(_likeness(name.lower(), other.lower()), other) for other in sorted(set(names))]
    score, best = max(scored, default=(0.0, ""), key=lambda one: one[0])
    return best if score >= _LIKE else None


_LIKE = 0.5


def _likeness(one: str, other: str) -> float:
    ones, others = one.rstrip(".").split("."), other.rstrip(".").split(".")
    while ones and others and ones[-1] == others[-1]:
        ones.pop()
        others.pop()
    if not ones or not others:
        return 1.0  # one lies within the other
    shorter, longer = sorted((".".join(ones), ".".join(others)), key=len)
    if longer.startswith(shorter):
        return 0.9  # a name and the same with a stage behind it: the mistake that people make
    return difflib.SequenceMatcher(a=shorter, b=longer, autojunk=False).ratio()


def _cause(id: str, meaning: str) -> Cause:
    # AWS itself says each of these, so none of them can be laid to the auditor's place in the network.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("discovery.no_namespace", "no Cloud Map namespace of this name exists"),
    _cause("discovery.no_service", "the namespace has no service of this name"),
    _cause("discovery.no_instances", "nothing is registered under the name"),
    _cause("discovery.port_differs", "instances are registered with another port than declared"),
    _cause("discovery.instances_unhealthy", "registered instances are marked unhealthy"),
    _cause("discovery.health_not_told", "Cloud Map does not know the health of an instance"),
    _cause("discovery.no_zone", "no hosted zone of this name exists"),
    _cause("discovery.no_record", "the zone has no record of this name"),
    _cause("discovery.record_differs", "the record leads elsewhere than declared"),
    _cause("discovery.ttl_long", "clients may keep the address of a task that is gone for long"),
    _cause("discovery.namespace_doubled", "several namespaces have this name"),
    _cause("discovery.record_type_differs", "the name has records, and none of the declared type"),
)

FACTS = DiscoveryFacts
"""What an observation of this family holds; a replay reads it back by this name."""
