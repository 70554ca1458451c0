"""The `tls` family's schedule and its target type: a place where TLS is served, and what a client should meet there."""

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Literal

from auditor.family import Cost, Family, Plane

MAX_TIMEOUT = timedelta(seconds=20)
_LONGEST_NAME = 253
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_MOST_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSpec:
    """One host and port; every address of the host is asked.

    ``server_name``: the name that is asked for and must be in the certificate, where it is not the host's own.
    ``begins``: TLS at once, or as PostgreSQL's clients ask for it. ``verify``: chain and name, against ``ca_file``
    where one is given; without it the authority is nobody's concern, and name and dates are judged all the same.
    ``client_certificate``: whether the server should demand one; the auditor has none to show. Fewer days left than
    ``days_warn`` make a finding, fewer than ``days_fail`` a failure. ``timeout`` is one deadline for the whole probe.
    """

    host: str
    port: int = 443
    server_name: str | None = None
    begins: Literal["tls", "postgres"] = "tls"
    verify: bool = True
    ca_file: str | None = None
    min_version: Literal["1.2", "1.3"] = "1.2"
    client_certificate: Literal["none", "demanded"] = "none"
    days_warn: int = 30
    days_fail: int = 7
    timeout: timedelta = timedelta(seconds=5)

    def __post_init__(self) -> None:
        _refuse_bad_host("host", self.host)
        if self.server_name is not None:
            _refuse_bad_host("server_name", self.server_name)
        if not 1 <= self.port <= 65535:
            raise ValueError(f"port is {self.port}; allowed is 1 to 65535")
        if self.ca_file is not None and not self.verify:
            raise ValueError("ca_file is given and verify is false, so that it would verify nothing; leave out either")
        if not 0 <= self.days_fail <= self.days_warn <= _MOST_DAYS:
            raise ValueError(
                f"days_fail is {self.days_fail} and days_warn {self.days_warn}; allowed is 0 <= days_fail <= days_warn "
                f"<= {_MOST_DAYS}"
            )
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")

    @property
    def name(self) -> str:
        """The name, or address, that the certificate must be for."""
        return (self.server_name or self.host).rstrip(".").lower()

    @property
    def place(self) -> str:
        """``host:port``, as every message names it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def is_address(text: str) -> bool:
    """Whether a host is an address, which nobody can ask for by name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _refuse_bad_host(field_name: str, host: str) -> None:
    bare = host.removesuffix(".")
    well_formed = len(bare) <= _LONGEST_NAME and all(_LABEL.fullmatch(label) for label in bare.split("."))
    if not well_formed and not is_address(host):
        raise ValueError(
            f"{field_name} is {host!r:.300}; allowed is a DNS name of letters, digits, hyphens and underscores, or an "
            "address, without scheme, port or path; write other alphabets in their xn-- form"
        )


FAMILY: Family[TlsSpec] = Family(
    name="tls",
    title="TLS and certificates",
    plane=Plane.DATA,
    spec_type=TlsSpec,
    period=timedelta(minutes=1),
    timeout=timedelta(seconds=30),
    memory_mb=256,
    # 3.1 ms for two handshakes, one of them verified, and what is read of them; eight addresses are asked side by side
    cost=Cost(cpu_ms=3.5, descriptors=8),
    destinations=lambda target: (target.spec.place,),
)
