"""The `configuration` family's schedule, permissions and target type: what a running task should be set to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane

MAX_TIMEOUT = timedelta(seconds=45)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")
_CREDENTIAL_WORDS = ("PASSWORD", "PASSWD", "PWD", "SECRET", "TOKEN", "KEY", "CREDENTIAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedHost:
    """Where a variable should point: a host, and with ``port`` also the port. The variable's value is read for it."""

    variable: str
    host: str
    port: int | None = None

    def __post_init__(self) -> None:
        if not self.host or any(character in self.host for character in "/:@ "):
            raise ValueError(
                f"expected_hosts.host is {self.host!r:.200}; allowed is a name or IPv4 address without scheme or port"
            )
        if self.port is not None and not 1 <= self.port <= 65535:
            raise ValueError(f"expected_hosts.port is {self.port}; allowed is 1 to 65535")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationSpec:
    """One container of a task definition: of the running revision of ``cluster`` and ``service``, or the newest of the
    family ``task_definition``.

    ``container``: its name; left out, the first one. ``required``: variables or secret references that must exist.
    ``read_variables``: those whose value is read; of an address only scheme, host, port, database and sslmode are kept,
    of a plain word the word. All others are kept by name only. ``literal_ok``: addresses in place of names are meant.
    ``agreeing``: groups of variables that must lead to one place; they are read for it. ``describe_secrets``: ask of
    every referenced secret whether it exists; left out, the auditor needs no right on secrets that nobody declared.
    """

    task_definition: str | None = None
    cluster: str | None = None
    service: str | None = None
    container: str | None = None
    expected_hosts: tuple[ExpectedHost, ...] = ()
    required: tuple[str, ...] = ()
    read_variables: tuple[str, ...] = ()
    literal_ok: bool = False
    agreeing: tuple[tuple[str, ...], ...] = ()
    describe_secrets: bool = False
    timeout: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        by_service = (self.cluster, self.service)
        if not (self.task_definition and not any(by_service)) and not (all(by_service) and not self.task_definition):
            raise ValueError(
                f"task_definition, cluster, service are {[self.task_definition, *by_service]!r:.200}; "
                "allowed is task_definition alone, or cluster with service"
            )
        for name in ("task_definition", "cluster", "service", "container"):
            value = getattr(self, name)
            if value is not None and not _NAME.fullmatch(value):
                raise ValueError(f"{name} is {value!r:.200}; allowed is a name of letters, digits, - and _, not an ARN")
        self._refuse_variables()
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")

    def _refuse_variables(self) -> None:
        for name, variables in (
            ("required", self.required),
            ("read_variables", self.read_variables),
            ("expected_hosts.variable", tuple(expected.variable for expected in self.expected_hosts)),
            ("agreeing", tuple(variable for group in self.agreeing for variable in group)),
        ):
            for variable in variables:
                if not _VARIABLE.fullmatch(variable):
                    raise ValueError(f"{name} has {variable!r:.200}; allowed is the name of an environment variable")
                if name != "required" and any(word in variable.upper() for word in _CREDENTIAL_WORDS):
                    raise ValueError(
                        f"{name} has {variable!r}, whose value is a credential by its name and is never read; "
                        "put it into required, which asks only whether it exists"
                    )
        for group in self.agreeing:
            if len(set(group)) < 2:
                raise ValueError(f"agreeing has the group {list(group)!r:.200}; allowed is two variables or more")

    @property
    def readable(self) -> frozenset[str]:
        """The variables whose values may be read at all."""
        return self.declared | frozenset((*self.read_variables, *(v for group in self.agreeing for v in group)))

    @property
    def declared(self) -> frozenset[str]:
        """The variables that must name a host."""
        return frozenset(expected.variable for expected in self.expected_hosts)


def _permissions(targets: Sequence[Target[ConfigurationSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    if not targets:
        return ()
    prefix = f"arn:{scope.partition}:ecs:{scope.region}:{scope.account}"
    services = {f"{prefix}:service/{t.spec.cluster}/{t.spec.service}" for t in targets if t.spec.service}
    describe_services = Permission(
        actions=("ecs:DescribeServices",),
        resources=tuple(sorted(services)),
        reason="which revision of the declared services runs",
    )
    describe_secrets = Permission(
        actions=("secretsmanager:DescribeSecret",),
        resources=(f"arn:{scope.partition}:secretsmanager:{scope.region}:{scope.account}:secret:*",),
        reason="whether a referenced secret exists, never its value; which ones are referenced is known only when a "
        "task definition is read, and ListSecrets, which knows no narrower resource, would name all of the account",
    )
    return (
        *((describe_services,) if services else ()),
        *((describe_secrets,) if any(target.spec.describe_secrets for target in targets) else ()),
        Permission(
            actions=("ecs:DescribeTaskDefinition", "ssm:DescribeParameters"),
            resources=("*",),
            reason="ECS knows no narrower resource for DescribeTaskDefinition, and SSM none for DescribeParameters, "
            "which tells whether a parameter exists and never its value",
        ),
    )


FAMILY: Family[ConfigurationSpec] = Family(
    name="configuration",
    title="Running configuration",
    plane=Plane.CONTROL,
    spec_type=ConfigurationSpec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=256,
    # DescribeServices is refilled by 20 a second (ECS API reference, "Request throttling"); a call takes some 2 ms
    cost=Cost(cpu_ms=8.0, blocking=True, calls=1, calls_per_second=20.0),
    permissions=_permissions,
    # with one secret that is described; a target that asks for none takes one less
    calls_per_target=5,
)
