"""What a probe of a VPC or of a managed store keeps, and why it can fail. Of AWS's texts only their class."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure
from functions.vpc.network_model import Network

MAX_INTERFACES = 6
"""Of one end: one of each subnet, groups and reachability; what is alike is admitted alike."""
MAX_SUBNETS = 50
MAX_EVENTS = 20
MAX_LINES = 6000
"""Rules, entries and routes of one network; AWS's own quotas hold what ends of edges use far below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFacts:
    """The VPC itself. ``name_servers``: what its DHCP options hand out, ``AmazonProvidedDNS`` for the VPC's own."""

    id: str
    name: str
    cidrs: tuple[str, ...]
    dns_support: bool
    dns_hostnames: bool
    name_servers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndFacts:
    """One end of the declared edges, and what was found of it.

    ``interfaces``: ids in the network, of those that differ in subnet or groups; ``total`` counts all that there are.
    ``addresses``: what a connection to it is opened to: of the same interfaces, or the outside address.
    """

    end: str
    interfaces: tuple[str, ...]
    addresses: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetFacts:
    """One subnet of the VPC. ``free``: addresses that AWS says are available. ``used``: an end of an edge is in it."""

    id: str
    name: str
    zone: str
    cidr: str
    free: int
    used: bool


class EventKind(StrEnum):
    """What AWS tells of a store: a closed list, read from its categories and phrases."""

    FAILOVER = "failover"
    RESTART = "restart"
    STORAGE = "storage"
    MAINTENANCE = "maintenance"
    FAILURE = "failure"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """One event of the last day. ``age_seconds``: how long ago when the probe read it."""

    kind: EventKind
    at: datetime
    age_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceFacts:
    """An update that AWS has ready. ``forced_at``: when AWS applies it by itself, None where nothing forces it."""

    action: str
    forced_at: datetime | None
    forced_in_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """One node of a cache. ``role`` is ``primary``, ``replica``, or empty where AWS does not tell it."""

    id: str
    role: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """An RDS instance; ``status`` is AWS's word. ``max_storage_gib`` is None where storage does not grow by itself."""

    id: str
    status: str
    engine: str
    host: str
    port: int | None
    multi_az: bool
    storage_gib: int
    max_storage_gib: int | None
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFacts:
    """An ElastiCache replication group, or a cluster without one. ``host`` is the primary's, empty where not told."""

    id: str
    status: str
    host: str
    port: int | None
    automatic_failover: bool
    encrypted: bool
    nodes: tuple[NodeFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcFacts:
    """A VPC, or a store. None means "not read", and then ``unread`` says why under the field's name.

    ``network``: what the evaluator needs for the declared edges and no more. ``names``: of the ids in it and of every
    group that its rules name, the group's name or the Name tag. ``attached``: how many interfaces of the VPC have each
    of those groups. ``ends`` that could not be found stand in ``unread`` under their own text. ``events`` and
    ``maintenance`` are of the store. Fields of the kind that the target is not stay None.
    """

    vpc: SettingsFacts | None = None
    network: Network | None = None
    ends: tuple[EndFacts, ...] | None = None
    subnets: tuple[SubnetFacts, ...] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    attached: Mapping[str, int] = field(default_factory=dict)
    database: DatabaseFacts | None = None
    cache: CacheFacts | None = None
    events: tuple[EventFacts, ...] | None = None
    maintenance: tuple[MaintenanceFacts, ...] | None = None
    unread: Mapping[str, Failure] = field(default_factory=dict)


def _cause(id: str, meaning: str) -> Cause:
    # AWS itself says each of these, so none of them can be laid to the auditor's place in the network.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("vpc.group_does_not_admit", "no ingress rule of the destination's security groups admits the connection"),
    _cause("vpc.group_lets_nothing_out", "no egress rule of the source's security groups lets the connection out"),
    _cause("vpc.acl_drops_requests", "a network ACL drops the connection's requests"),
    _cause("vpc.acl_drops_replies", "a network ACL drops replies to the client's ephemeral ports"),
    _cause("vpc.no_route", "the subnet's route table has no route to the destination"),
    _cause("vpc.route_blackhole", "a route leads to a target that is gone"),
    _cause("vpc.gateway_unusable", "the route's gateway cannot carry the connection"),
    _cause("vpc.nobody_there", "an end has no address that the other one can use"),
    _cause("vpc.reference_unattached", "a rule names a security group that nothing has"),
    _cause("vpc.few_addresses", "a subnet has few free addresses left"),
    _cause("vpc.no_addresses", "a subnet has no free address left"),
    _cause("vpc.resolver_off", "the VPC's own resolver is switched off"),
    _cause("vpc.hostnames_off", "the VPC gives no DNS host names, without which private zones do not answer"),
    _cause("vpc.other_name_servers", "the VPC hands out name servers that nobody declared"),
    _cause("vpc.auditor_not_admitted", "the rules that were read do not admit the auditor"),
    _cause("vpc.no_interface", "no network interface of a declared end was found"),
    _cause("vpc.name_not_unique", "several VPCs have the declared name"),
    _cause("vpc.too_large", "the network has more lines than the auditor keeps"),
    _cause("vpc.storage_full", "the database has used up its storage"),
    _cause("vpc.store_restarting", "the store restarts, or an update is being applied"),
    _cause("vpc.store_stopped", "the store was stopped"),
    _cause("vpc.store_broken", "AWS cannot bring the store up by itself"),
    _cause("vpc.store_gone", "the store is being created, restored or deleted"),
    _cause("vpc.status_not_known", "AWS reports a status that the auditor does not know"),
    _cause("vpc.maintenance_forced", "AWS will apply an update by itself soon"),
    _cause("vpc.failed_over", "the store's primary changed lately"),
)

FACTS = VpcFacts
"""What an observation of this family holds; a replay reads it back by this name."""
