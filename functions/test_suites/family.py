"""The `test_suites` family's schedule, permissions and target type: a prefix under which CI drops JUnit XML."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane

MAX_TIMEOUT = timedelta(seconds=45)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9!_.()/-]{1,500}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitesSpec:
    """JUnit XML files under ``prefix`` of ``bucket``; the newest of each name counts, unless older than ``max_age``."""

    bucket: str
    prefix: str
    max_age: timedelta = timedelta(hours=26)
    timeout: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        if not _BUCKET.fullmatch(self.bucket):
            raise ValueError(f"bucket is {self.bucket!r:.200}; allowed is the name of an S3 bucket")
        if not _PREFIX.fullmatch(self.prefix) or self.prefix.startswith("/"):
            raise ValueError(
                f"prefix is {self.prefix!r:.200}; allowed is a folder such as ci/results/ (letters, digits and "
                "!_.()/- , with / at the end and none at the beginning)"
            )
        if self.max_age <= timedelta(0):
            raise ValueError(f"max_age is {self.max_age.total_seconds():g} s; allowed is more than 0 s")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")


def _permissions(targets: Sequence[Target[SuitesSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    if not targets:
        return ()
    prefix = f"arn:{scope.partition}:s3:::"
    return (
        Permission(
            actions=("s3:ListBucket",),
            resources=tuple(sorted({f"{prefix}{target.spec.bucket}" for target in targets})),
            reason="which result files lie under the declared prefixes",
        ),
        Permission(
            actions=("s3:GetObject",),
            resources=tuple(sorted({f"{prefix}{target.spec.bucket}/{target.spec.prefix}*" for target in targets})),
            reason="the result files under the declared prefixes, and no other object",
        ),
    )


FAMILY: Family[SuitesSpec] = Family(
    name="test_suites",
    title="Test suites",
    plane=Plane.CONTROL,
    spec_type=SuitesSpec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=256,
    # S3 admits 5,500 reads a second a prefix; a file of a thousand tests takes some 10 ms to parse
    cost=Cost(cpu_ms=60.0, blocking=True, calls=1, calls_per_second=5500.0),
    permissions=_permissions,
    calls_per_target=3,
)
