"""The `network` family's schedule and its target type: a port that should take connections."""

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address

from auditor.family import Cost, Family, Plane

MAX_TIMEOUT = timedelta(seconds=10)
MAX_ADDRESSES = 16
"""More are recorded and not asked. Cloud Map and Route 53 hand out eight at most, a plain zone as many as it has."""
_LONGEST_NAME = 253
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """A host and a TCP port. ``host`` is a name, of which every address is tried, or an address as it stands.

    ``timeout`` is one deadline for the whole probe: the name, the connection and a moment of listening after it.
    """

    host: str
    port: int
    timeout: timedelta = timedelta(seconds=3)

    def __post_init__(self) -> None:
        if not is_address(self.host):
            _refuse_bad_name(self.host)
        if not 1 <= self.port <= 65535:
            raise ValueError(f"port is {self.port}; allowed is 1 to 65535")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")

    @property
    def place(self) -> str:
        """``host:port``, as every message names it."""
        return place(self.host, self.port)


def place(host: str, port: int) -> str:
    """``host:port``, with brackets where they are needed."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_address(text: str) -> bool:
    """Whether a host is an address, not a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _refuse_bad_name(host: str) -> None:
    bare = host.removesuffix(".")
    labels = bare.split(".")
    # What is made of digits alone is a mistyped address; no resolver should be asked for it.
    if len(bare) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise ValueError(
            f"host is {host!r:.300}; allowed is a DNS name, or an IPv4 or IPv6 address without brackets; scheme, port "
            "and path do not belong here"
        )


FAMILY: Family[NetworkSpec] = Family(
    name="network",
    title="Network paths",
    plane=Plane.DATA,
    spec_type=NetworkSpec,
    period=timedelta(minutes=1),
    timeout=timedelta(seconds=20),
    memory_mb=256,
    cost=Cost(cpu_ms=0.6, descriptors=MAX_ADDRESSES),
    destinations=lambda target: (target.spec.place,),
)
