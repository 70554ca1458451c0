"""The `journey` family's schedule and target type: where a model is registered, and how far the auditor may go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane, secret_permission
from functions.journey.credential import Credential

MAX_TIMEOUT = timedelta(seconds=50)
_PORTS = {"http": 80, "https": 443}
_MARKER = re.compile(r"[a-z][a-z0-9-]{4,38}[a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneySpec:
    """One way to an MLflow server's REST API.

    ``url``: what stands before MLflow's own paths (``/api/2.0/mlflow/...``), with a proxy's prefix where there is one.
    ``enabled``: whether its owner has agreed that models are registered there; until then nothing is sent.
    ``marker``: what the name of everything that is made there begins with.
    ``timeout`` is one deadline for the whole; ``cleanup_timeout`` of it is kept for taking away what was made, and no
    single request may take longer than ``request_timeout``.
    """

    url: str
    enabled: bool = False
    marker: str = "health-auditor"
    credential: Credential | None = None
    ca_file: str | None = None
    timeout: timedelta = timedelta(seconds=40)
    cleanup_timeout: timedelta = timedelta(seconds=10)
    request_timeout: timedelta = timedelta(seconds=10)
    slow_after: timedelta = timedelta(seconds=15)

    def __post_init__(self) -> None:
        self._refuse_bad_url()
        if not _MARKER.fullmatch(self.marker):
            raise ValueError(
                f"marker is {self.marker!r:.100}; allowed are 6 to 40 lower-case letters, digits and hyphens, with a "
                "letter in front: everything whose name begins so may be taken away"
            )
        if self.ca_file is not None and urlsplit(self.url).scheme != "https":
            raise ValueError("ca_file is given and the url is http, where nothing is verified; leave it out")
        self._refuse_bad_times()

    @property
    def host(self) -> str:
        """The host of the URL."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port of the URL, or its scheme's own."""
        parts = urlsplit(self.url)
        return parts.port or _PORTS[parts.scheme]

    @property
    def encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return urlsplit(self.url).scheme == "https"

    @property
    def authority(self) -> str:
        """What the Host header says: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[urlsplit(self.url).scheme] else f"{host}:{self.port}"

    @property
    def prefix(self) -> str:
        """The path before MLflow's own ones, empty or beginning with a slash."""
        return urlsplit(self.url).path.rstrip("/")

    def _refuse_bad_url(self) -> None:
        if not self.url.isascii() or not self.url.isprintable() or " " in self.url:
            raise ValueError("url holds a space or a character that is not printable ASCII; percent-encode it")
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError as error:
            raise ValueError(f"url is not a URL: {error}") from error
        if parts.username is not None or parts.password is not None:
            raise ValueError("url holds a user or password; credentials may not stand in a catalogue")
        if parts.query or parts.fragment:
            raise ValueError("url has a query or a fragment; it is a place under which paths are asked, leave them out")
        if parts.scheme not in _PORTS or not parts.hostname or port == 0:
            raise ValueError(
                f"url is {self.url!r:.200}; allowed is http:// or https:// with a host, e.g. http://mlflow.example:5000"
            )

    def _refuse_bad_times(self) -> None:
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            raise ValueError(
                f"timeout is {_seconds(self.timeout)}; allowed is more than 0 s and at most {_seconds(MAX_TIMEOUT)}"
            )
        if not timedelta(0) < self.cleanup_timeout <= self.timeout / 2:
            raise ValueError(
                f"cleanup_timeout is {_seconds(self.cleanup_timeout)}; allowed is more than 0 s and at most half of "
                f"the timeout of {_seconds(self.timeout)}, or the stages would have no time"
            )
        if not timedelta(0) < self.request_timeout <= self.timeout - self.cleanup_timeout:
            raise ValueError(
                f"request_timeout is {_seconds(self.request_timeout)}; allowed is more than 0 s and at most what the "
                f"timeout leaves beside the cleanup, {_seconds(self.timeout - self.cleanup_timeout)}"
            )
        if not timedelta(0) < self.slow_after <= self.timeout:
            raise ValueError(
                f"slow_after is {_seconds(self.slow_after)}; allowed is more than 0 s and at most the timeout of "
                f"{_seconds(self.timeout)}, or nothing could ever be slow"
            )


def _seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():g} s"


def _destinations(target: Target[JourneySpec]) -> tuple[str, ...]:
    host = target.spec.host
    return (f"[{host}]:{target.spec.port}" if ":" in host else f"{host}:{target.spec.port}",)


def _permissions(targets: Sequence[Target[JourneySpec]], scope: AwsScope) -> tuple[Permission, ...]:
    secrets = [t.spec.credential.secret for t in targets if t.spec.enabled and t.spec.credential is not None]
    reason = "the canary key of each journey that the catalogue enables, and of no other"
    return secret_permission(secrets, scope, reason=reason)


FAMILY: Family[JourneySpec] = Family(
    name="journey",
    title="Registration of a model",
    plane=Plane.DATA,
    spec_type=JourneySpec,
    # It writes: four times an hour is seldom enough for its traces to stay few.
    period=timedelta(minutes=15),
    timeout=timedelta(seconds=120),
    memory_mb=256,
    # 30 ms for the 23 requests of a whole one, each over a connection of its own; TLS takes as much again
    cost=Cost(cpu_ms=60.0, descriptors=4, blocking=True),
    permissions=_permissions,
    destinations=_destinations,
)
