"""What a family declares about itself: pure data that infra turns into resources and the runner into a schedule."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from auditor.domain.target import Target


class TimedSpec(Protocol):
    """What every family's target declares: the one deadline of its whole probe."""

    @property
    def timeout(self) -> timedelta:
        """Time for the whole probe of the target, all its phases together."""


Spec = TypeVar("Spec", bound=TimedSpec)

_COMPLETE_SECRET_ARN = re.compile(r"-[A-Za-z0-9]{6}$")


class Plane(StrEnum):
    """DATA touches the platform itself, CONTROL asks AWS only."""

    DATA = "data"
    CONTROL = "control"


RESERVE = timedelta(seconds=4)
"""Of Lambda's own limit this much is kept for judging, storing and printing what was seen."""

MAX_IN_FLIGHT = 256
"""More probes at a time would only wait for the processor that a function of a quarter of a gigabyte has."""

WORKER_THREADS = 64
"""Probes that can sit in library code at a time; Lambda admits 1,024 threads, and each takes a stack."""

_DESCRIPTORS = 1024 - 64
"""Lambda's limit for an environment ("Lambda quotas"), less what runtime, log, SDK and event loop hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsScope:
    """Where a stage lives; enough to write an ARN."""

    partition: str
    region: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """IAM actions on resources, and why the family needs them. A wildcard resource needs the reason most of all."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    reason: str


def no_permissions(_targets: Sequence[Target[Any]], _scope: AwsScope) -> tuple[Permission, ...]:
    """For a family that touches nothing of AWS."""
    return ()


def secret_permission(secrets: Iterable[str], scope: AwsScope, *, reason: str) -> tuple[Permission, ...]:
    """Permission to read exactly these secrets, given by name or ARN; none for none."""
    resources = tuple(sorted({secret_arn(secret, scope) for secret in secrets}))
    if not resources:
        return ()
    return (Permission(actions=("secretsmanager:GetSecretValue",), resources=resources, reason=reason),)


def secret_arn(secret: str, scope: AwsScope) -> str:
    """The ARN pattern of exactly one secret; Secrets Manager appends six random characters to every name."""
    if not secret.startswith("arn:"):
        return f"arn:{scope.partition}:secretsmanager:{scope.region}:{scope.account}:secret:{secret}-??????"
    return secret if _COMPLETE_SECRET_ARN.search(secret) else f"{secret}-??????"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one target takes of its run; from it the catalogue's compiler computes how many shards a family needs.

    ``cpu_ms``: processor time of a whole run (probe, checks, storing) divided by its targets, on one core of the desk
    that docs/measurements.md names, section "Start, shards, scale". ``descriptors``: sockets that one probe may hold at
    once. ``blocking``: whether a probe waits inside library code, in a worker thread. ``calls``: AWS calls of one probe
    that share the narrowest rate limit; AWS admits the account ``calls_per_second`` of them. How long a probe lasts at
    worst its target says itself: its timeout.
    """

    cpu_ms: float
    descriptors: int = 1
    blocking: bool = False
    calls: int = 0
    calls_per_second: float = 0.0

    @property
    def in_flight(self) -> int:
        """Probes that one run makes at the same time."""
        return min(MAX_IN_FLIGHT, _DESCRIPTORS // self.descriptors, WORKER_THREADS if self.blocking else MAX_IN_FLIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family(Generic[Spec]):
    """One kind of probe. ``permissions`` is asked at synth with the targets of the stage.

    ``endpoints`` lists the ports of the audited platform that its targets need, for the owner's ingress rules.
    """

    name: str
    title: str
    plane: Plane
    spec_type: type[Spec]
    period: timedelta
    timeout: timedelta
    memory_mb: int
    cost: Cost
    permissions: Callable[[Sequence[Target[Spec]], AwsScope], tuple[Permission, ...]] = no_permissions
    destinations: Callable[[Target[Spec]], tuple[str, ...]] = lambda _target: ()
    """``host:port`` that the target is reached at, for the ingress rules that the platform's owner must add."""
    calls_per_target: int = 0
    """AWS API calls that a run makes for one target where everything is found; secrets are not counted here."""
