"""The `load_balancer` family's schedule, permissions and target type: a balancer with its routes, or a target group."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane

MAX_TIMEOUT = timedelta(seconds=45)
MAX_ROUTES = 20
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,126}[A-Za-z0-9])?")
_PATH = re.compile(r"/[!-~]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A request that the balancer should forward to ``group``, the name of a target group.

    It is evaluated from the rules, never sent. ``path`` is without a query; the host is compared without regard to
    case, the path with it, as AWS does.
    """

    host: str
    path: str
    group: str
    port: int = 443
    method: Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] = "GET"

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host):
            raise ValueError(
                f"host is {self.host!r:.200}; allowed is one host's name, without wildcard, scheme or port"
            )
        if not _PATH.fullmatch(self.path) or any(mark in self.path for mark in "?#*"):
            raise ValueError(
                f"path is {self.path!r:.200}; allowed is one path that begins with /, without wildcard or query"
            )
        if not _NAME.fullmatch(self.group):
            raise ValueError(f"group is {self.group!r:.200}; allowed is the name of a target group, not its ARN")
        if not 1 <= self.port <= 65535:
            raise ValueError(f"port is {self.port}; allowed is 1 to 65535")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerSpec:
    """Either ``balancer``, a load balancer's name, with ``routes``; or ``group``, a target group's name.

    ``max_error_percent`` is the share of requests, of the balancer's own and of its targets' 5xx each, that is bad
    above; fewer than ``min_errors`` of them within the measured five minutes are chance. ``max_p95`` is the latency
    of targets that is slow above.
    """

    balancer: str | None = None
    routes: tuple[Route, ...] = ()
    group: str | None = None
    max_error_percent: float = 1.0
    min_errors: int = 3
    max_p95: timedelta = timedelta(seconds=1)
    timeout: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        if bool(self.balancer) == bool(self.group):
            raise ValueError(
                f"balancer, group are {[self.balancer, self.group]!r:.200}; allowed is exactly one of the two"
            )
        for field in ("balancer", "group"):
            name = getattr(self, field)
            if name is not None and not _NAME.fullmatch(name):
                raise ValueError(
                    f"{field} is {name!r:.200}; allowed is its name of at most 32 letters, digits and -, not its ARN"
                )
        self._refuse_bad_routes()
        if not 0 < self.max_error_percent < 100:
            raise ValueError(f"max_error_percent is {self.max_error_percent:g}; allowed is more than 0 and below 100")
        if self.min_errors < 1:
            raise ValueError(f"min_errors is {self.min_errors}; allowed is 1 or more")
        if self.max_p95 <= timedelta(0):
            raise ValueError(f"max_p95 is {self.max_p95.total_seconds():g} s; allowed is more than 0 s")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")

    def _refuse_bad_routes(self) -> None:
        if self.routes and self.balancer is None:
            raise ValueError("routes are given without a balancer; a target group has none of its own")
        if len(self.routes) > MAX_ROUTES:
            raise ValueError(f"routes has {len(self.routes)} entries; allowed are at most {MAX_ROUTES}")
        if len({(route.host, route.path, route.port, route.method) for route in self.routes}) < len(self.routes):
            raise ValueError("routes names one request twice; it can only go to one group")


def _permissions(targets: Sequence[Target[LoadBalancerSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    if not targets:
        return ()
    permissions = [
        Permission(
            actions=(
                "elasticloadbalancing:DescribeListenerCertificates",
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ),
            resources=("*",),
            reason="Elastic Load Balancing knows no narrower resource for its describe actions",
        ),
        Permission(
            actions=("cloudwatch:GetMetricData",),
            resources=("*",),
            reason="CloudWatch knows no narrower resource for GetMetricData; asked are errors, latency and requests",
        ),
    ]
    if any(target.spec.balancer for target in targets):
        permissions.append(
            Permission(
                actions=("acm:DescribeCertificate",),
                resources=(f"arn:{scope.partition}:acm:{scope.region}:{scope.account}:certificate/*",),
                reason="certificates of the balancers' listeners; which ones they are stands in the listeners",
            )
        )
    return tuple(permissions)


FAMILY: Family[LoadBalancerSpec] = Family(
    name="load_balancer",
    title="Load balancers",
    plane=Plane.CONTROL,
    spec_type=LoadBalancerSpec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=256,
    # All describe actions of an account share one bucket, refilled by 10 a second (Elastic Load Balancing's user guide,
    # "Request throttling"); a balancer with two listeners takes five of them; a call takes some 2 ms
    cost=Cost(cpu_ms=20.0, blocking=True, calls=5, calls_per_second=10.0),
    permissions=_permissions,
    calls_per_target=7,
)
