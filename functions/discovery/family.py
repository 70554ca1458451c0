"""The `discovery` family's schedule, permissions and target type: a name that AWS should know and answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane

MAX_TIMEOUT = timedelta(seconds=45)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverySpec:
    """One name, as it is registered: a Cloud Map service or a Route 53 record.

    Cloud Map: ``namespace`` and ``service``, as they are named there; ``port`` is where the instances should listen;
    longer than ``max_ttl_seconds`` nobody should keep an address of a task.
    Route 53: ``zone_name``, the whole name ``record`` and its ``type``; ``points_to`` is the address or name that it
    should lead to. A target has one or the other.
    """

    namespace: str | None = None
    service: str | None = None
    port: int | None = None
    max_ttl_seconds: int = 60
    zone_name: str | None = None
    record: str | None = None
    type: Literal["A", "AAAA", "CNAME"] = "A"
    points_to: str | None = None
    timeout: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        cloud_map, route53 = (self.namespace, self.service), (self.zone_name, self.record)
        if not (all(cloud_map) and not any(route53)) and not (all(route53) and not any(cloud_map)):
            raise ValueError(
                f"namespace, service, zone_name, record are {[*cloud_map, *route53]!r:.200}; "
                "allowed is namespace with service, or zone_name with record"
            )
        for name in ("namespace", "service", "zone_name", "record", "points_to"):
            value = getattr(self, name)
            if value is not None and (not value.isprintable() or any(character in value for character in "/:@ ")):
                raise ValueError(f"{name} is {value!r:.200}; allowed is a name without scheme, port or space")
        self._refuse_what_the_kind_lacks()
        if self.record is not None and self.zone_name is not None:
            record, zone = normal(self.record), normal(self.zone_name)
            if record != zone and not record.endswith(f".{zone}"):
                raise ValueError(f"record is {self.record!r:.200}, which does not lie in the zone {self.zone_name}")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")

    def _refuse_what_the_kind_lacks(self) -> None:
        if self.port is not None and not 1 <= self.port <= 65535:
            raise ValueError(f"port is {self.port}; allowed is 1 to 65535")
        if self.port is not None and self.namespace is None:
            raise ValueError("port is given without a namespace; a Route 53 record of these types has no port")
        if self.max_ttl_seconds < 1:
            raise ValueError(f"max_ttl_seconds is {self.max_ttl_seconds}; allowed is 1 or more")
        if self.points_to is not None and self.record is None:
            raise ValueError("points_to is given without a record; instances of Cloud Map change with every task")

    @property
    def name(self) -> str:
        """The whole name that a client would ask for."""
        return self.record or f"{self.service}.{self.namespace}"


def normal(name: str) -> str:
    """A DNS name as it is compared: lower case, without the root's dot."""
    return name.rstrip(".").lower()


def _permissions(targets: Sequence[Target[DiscoverySpec]], scope: AwsScope) -> tuple[Permission, ...]:
    permissions: list[Permission] = []
    if any(target.spec.namespace for target in targets):
        services = f"arn:{scope.partition}:servicediscovery:{scope.region}:{scope.account}:service/*"
        permissions += [
            Permission(
                actions=("servicediscovery:ListNamespaces", "servicediscovery:ListServices"),
                resources=("*",),
                reason="Cloud Map knows no narrower resource for its list actions; all namespaces are read, because "
                "what explains a wrong name is the nearest one that exists",
            ),
            Permission(
                actions=("servicediscovery:ListInstances", "servicediscovery:GetInstancesHealthStatus"),
                resources=(services,),
                reason="who is registered under the declared names; a service's id is given by AWS when it is created, "
                "so it is not known when the stack is written",
            ),
        ]
    if any(target.spec.zone_name for target in targets):
        permissions += [
            Permission(
                actions=("route53:ListHostedZones",),
                resources=("*",),
                reason="Route 53 knows no narrower resource for this list action; a zone's id is looked up by its name",
            ),
            Permission(
                actions=("route53:ListResourceRecordSets",),
                resources=(f"arn:{scope.partition}:route53:::hostedzone/*",),
                reason="the records of the declared names; a zone's id is given by AWS when it is created",
            ),
        ]
    return tuple(permissions)


FAMILY: Family[DiscoverySpec] = Family(
    name="discovery",
    title="Names as registered",
    plane=Plane.CONTROL,
    spec_type=DiscoverySpec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=256,
    # Route 53 admits an account 5 requests a second (its developer guide, "Quotas"), two of which a record takes; Cloud
    # Map publishes no rate for its list actions; a call takes some 2 ms
    cost=Cost(cpu_ms=10.0, blocking=True, calls=2, calls_per_second=5.0),
    permissions=_permissions,
    calls_per_target=4,
)
