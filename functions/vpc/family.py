"""The `vpc` family's schedule, permissions and target type: a VPC with the connections it must admit, or a store."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane

MAX_TIMEOUT = timedelta(seconds=45)
MAX_EDGES = 40
ANYWHERE_OUTSIDE = "198.51.100.7"
"""Stands for any address of the internet; of a block that RFC 5737 keeps for examples, so nobody's rules name it."""

EndKind = Literal["ecs", "alb", "rds", "redis", "sg", "auditor", "outside"]
_NAMED = {"ecs": "cluster/service", "alb": "name", "rds": "identifier", "redis": "id", "sg": "group name"}
_ONLY_DESTINATIONS = ("rds", "redis")
_STORE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a declared connection: a kind and its name in AWS."""

    kind: EndKind
    name: str = ""

    @property
    def text(self) -> str:
        """As the catalogue writes it."""
        return f"{self.kind}:{self.name}" if self.name else self.kind


def end(text: str) -> End:
    """The end that a catalogue names; ValueError says what is allowed."""
    kind, _, name = text.partition(":")
    match kind:
        case "auditor" if not name:
            return End(kind="auditor")
        case "outside":
            if name:
                ipaddress.ip_address(name)
            return End(kind="outside", name=name)
        case "ecs" | "alb" | "rds" | "redis" | "sg" if name and name.isprintable() and (kind == "ecs") == ("/" in name):
            return End(kind=kind, name=name)
    raise ValueError("no such end")


def _kind(text: str) -> str:
    """The kind of an end; empty where the text names none."""
    try:
        return end(text).kind
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSpec:
    """A connection that the platform makes: ``source`` opens it to ``port`` of ``to``.

    An end is ``ecs:cluster/service`` (its running tasks), ``alb:name`` (a load balancer's nodes), ``rds:identifier``,
    ``redis:id`` (an ElastiCache cluster), ``sg:group name`` (whatever has the group), ``outside`` or
    ``outside:address`` (beyond the VPC). ``auditor`` is this auditor's functions; whether they are admitted is told
    apart from the platform's own connections.
    """

    source: str
    to: str
    port: int

    def __post_init__(self) -> None:
        for name in ("source", "to"):
            value = getattr(self, name)
            kind = _kind(value)
            if not kind or (name == "source" and kind in _ONLY_DESTINATIONS) or (name == "to" and kind == "auditor"):
                kinds = [k for k in _NAMED if name == "to" or k not in _ONLY_DESTINATIONS]
                allowed = ", ".join([*(f"{k}:{_NAMED[k]}" for k in kinds), "outside", "outside:address"])
                more = ", auditor" if name == "source" else ""
                raise ValueError(f"{name} is {value!r:.200}; allowed are {allowed}{more}")
        if end(self.source).kind == end(self.to).kind == "outside":
            raise ValueError("source and to are both outside; allowed is one of them")
        if not 1 <= self.port <= 65535:
            raise ValueError(f"port is {self.port}; allowed is 1 to 65535")

    @property
    def ends(self) -> tuple[End, End]:
        """Source and destination."""
        return end(self.source), end(self.to)

    @property
    def text(self) -> str:
        """How messages name it."""
        return f"{self.source} -> {self.to}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcSpec:
    """A VPC by its id or its Name tag, or an RDS instance, or an ElastiCache replication group or cluster.

    Of a VPC: the connections that it must admit; at least so many free addresses in each subnet where their ends are
    (a load balancer needs eight); and the name servers that its DHCP options may hand out.
    """

    vpc: str | None = None
    edges: tuple[EdgeSpec, ...] = ()
    min_free_addresses: int = 8
    name_servers: tuple[str, ...] = ("AmazonProvidedDNS",)
    database: str | None = None
    cache: str | None = None
    timeout: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        given = [name for name in ("vpc", "database", "cache") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"{' and '.join(given) or 'nothing'} is given; allowed is one of vpc, database, cache")
        if self.vpc is not None and (not self.vpc or not self.vpc.isprintable() or len(self.vpc) > 256):
            raise ValueError(f"vpc is {self.vpc!r:.200}; allowed is its id (vpc-…) or its Name tag")
        for name in ("database", "cache"):
            value = getattr(self, name)
            if value is not None and not _STORE.fullmatch(value):
                raise ValueError(f"{name} is {value!r:.200}; allowed is its identifier of letters, digits and -")
        if self.edges and self.vpc is None:
            raise ValueError("edges are given without a vpc; allowed is both")
        if len(self.edges) > MAX_EDGES:
            raise ValueError(f"edges are {len(self.edges)}; allowed are at most {MAX_EDGES} of one VPC")
        if len({edge.text for edge in self.edges}) < len(self.edges):
            raise ValueError("an edge is given twice; allowed is each once")
        if self.min_free_addresses < 1:
            raise ValueError(f"min_free_addresses is {self.min_free_addresses}; allowed is 1 or more")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")

    @property
    def ends(self) -> tuple[End, ...]:
        """Every end of the edges, once, in order."""
        return tuple(dict.fromkeys(found for edge in self.edges for found in edge.ends))


_EC2 = (
    "ec2:DescribeVpcs",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeRouteTables",
    "ec2:DescribeNatGateways",
)


def _permissions(targets: Sequence[Target[VpcSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    specs = [target.spec for target in targets]
    where = f"{scope.region}:{scope.account}"
    found: list[Permission] = []
    if any(spec.vpc for spec in specs):
        found += [
            Permission(
                actions=_EC2,
                resources=("*",),
                reason="EC2 knows no narrower resource for these; all of them only describe the network",
            ),
            Permission(
                actions=("ec2:DescribeVpcAttribute",),
                resources=tuple(
                    sorted({f"arn:{scope.partition}:ec2:{where}:vpc/{_vpc_id(s)}" for s in specs if s.vpc})
                ),
                reason="resolver settings of the VPC; a VPC that is declared by its Name tag has an id that AWS gave",
            ),
            Permission(
                actions=("ec2:GetManagedPrefixListEntries",),
                resources=(
                    f"arn:{scope.partition}:ec2:{where}:prefix-list/*",
                    f"arn:{scope.partition}:ec2:{scope.region}:aws:prefix-list/*",
                ),
                reason="the blocks of the lists that rules and routes name; which these are is not known at deployment",
            ),
        ]
    ends = [found_end for spec in specs for found_end in spec.ends]
    clusters = sorted({e.name.partition("/")[0] for e in ends if e.kind == "ecs"})
    if clusters:
        found += [
            Permission(
                actions=("ecs:ListTasks",),
                resources=("*",),
                reason="ECS knows no narrower resource for ListTasks of Fargate tasks",
            ),
            Permission(
                actions=("ecs:DescribeTasks",),
                resources=tuple(f"arn:{scope.partition}:ecs:{where}:task/{cluster}/*" for cluster in clusters),
                reason="which network interface each task has; a task's id is new with every start",
            ),
        ]
    watched = {spec.database for spec in specs if spec.database}
    databases = sorted(watched | {e.name for e in ends if e.kind == "rds"})
    if databases:
        found.append(
            Permission(
                actions=("rds:DescribeDBInstances", *(("rds:DescribePendingMaintenanceActions",) if watched else ())),
                resources=tuple(f"arn:{scope.partition}:rds:{where}:db:{name}" for name in databases),
                reason="state, groups and planned maintenance of the declared instances, and of no other",
            )
        )
    caches = sorted({spec.cache for spec in specs if spec.cache})
    if caches:
        found.append(
            Permission(
                actions=("elasticache:DescribeReplicationGroups", "elasticache:DescribeCacheClusters"),
                resources=tuple(
                    f"arn:{scope.partition}:elasticache:{where}:{kind}:{name}"
                    for name in caches
                    for kind in ("replicationgroup", "cluster")
                ),
                reason="state of the declared caches, and of no other",
            )
        )
    events = tuple(
        f"{service}:DescribeEvents" for service, asked in (("rds", watched), ("elasticache", caches)) if asked
    )
    if events:
        found.append(
            Permission(
                actions=events,
                resources=("*",),
                reason="RDS and ElastiCache know no narrower resource for events; only declared stores are asked for",
            )
        )
    return tuple(found)


def is_vpc_id(name: str) -> bool:
    """Whether AWS could have given it; a Name tag may well begin with ``vpc-``."""
    return re.fullmatch(r"vpc-[0-9a-f]{8}([0-9a-f]{9})?", name) is not None


def _vpc_id(spec: VpcSpec) -> str:
    return spec.vpc if spec.vpc and is_vpc_id(spec.vpc) else "*"


FAMILY: Family[VpcSpec] = Family(
    name="vpc",
    title="Network rules and managed stores",
    plane=Plane.CONTROL,
    spec_type=VpcSpec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=256,
    # the describing calls of EC2 share one bucket of 100, refilled by 20 a second (EC2 API reference, "Request
    # throttling"); evaluating forty edges takes some 10 ms
    cost=Cost(cpu_ms=40.0, blocking=True, calls=10, calls_per_second=20.0),
    permissions=_permissions,
    calls_per_target=13,
)
