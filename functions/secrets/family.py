"""The `secrets` family's schedule, permissions and target type: a secret of Secrets Manager and what it should hold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane, secret_arn

MAX_TIMEOUT = timedelta(seconds=45)
_SECRET = re.compile(r"[A-Za-z0-9/_+=.@:-]{1,600}")
_KEY = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSpec:
    """One secret by name or ARN.

    ``keys``: those of the JSON object that it should be; their values are looked at for being there, and dropped. An
    empty list: the text may be anything, and the auditor may not read it. ``user``: what stands under ``user_key``.
    ``rotates``: Secrets Manager rotates it.
    """

    secret: str
    keys: tuple[str, ...] = ()
    user: str | None = None
    user_key: str = "username"
    rotates: bool = False
    timeout: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        if not _SECRET.fullmatch(self.secret):
            raise ValueError(
                f"secret is {self.secret!r:.200}; allowed is the name or ARN of a secret: letters, digits and /_+=.@:-"
            )
        for key in (*self.keys, self.user_key):
            if not _KEY.fullmatch(key):
                raise ValueError(f"keys or user_key has {key!r:.200}; allowed is a key of a JSON object")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")

    @property
    def reads_value(self) -> bool:
        """Whether anything is declared that only the value tells."""
        return bool(self.keys) or self.user is not None


def _permissions(targets: Sequence[Target[SecretSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    if not targets:
        return ()
    described = {secret_arn(target.spec.secret, scope) for target in targets}
    read = {secret_arn(target.spec.secret, scope) for target in targets if target.spec.reads_value}
    return (
        Permission(
            actions=("secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds"),
            resources=tuple(sorted(described)),
            reason="whether the declared secrets exist, their versions and their rotation",
        ),
        *(
            (
                Permission(
                    actions=("secretsmanager:GetSecretValue",),
                    resources=tuple(sorted(read)),
                    reason="whether the declared keys and user stand in it; values are compared and dropped",
                ),
            )
            if read
            else ()
        ),
    )


FAMILY: Family[SecretSpec] = Family(
    name="secrets",
    title="Secrets",
    plane=Plane.CONTROL,
    spec_type=SecretSpec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=256,
    # DescribeSecret and GetSecretValue share 10,000 a second, ListSecretVersionIds has 50 (Secrets Manager quotas)
    cost=Cost(cpu_ms=8.0, blocking=True, calls=1, calls_per_second=50.0),
    permissions=_permissions,
    calls_per_target=3,
)
