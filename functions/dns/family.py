"""The `dns` family's schedule and its target type: a name that should, or should not, resolve."""

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Literal

from auditor.family import Cost, Family, Plane

MAX_TIMEOUT = timedelta(seconds=10)
MOST_SEARCH_DOMAINS = 6
"""As many as a resolv.conf could hold for decades."""
_LONGEST_NAME = 253
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_RESOLVER = re.compile(r"\[(?P<six>[^\]]+)\]:(?P<port6>[0-9]{1,5})|(?P<four>[^:\[\]]+):(?P<port4>[0-9]{1,5})")
_VERSIONS = {"A": 4, "AAAA": 6}

RecordType = Literal["A", "AAAA", "CNAME"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSpec:
    """One name, asked by raw query exactly as written: no search list, no hosts file, no cache of the auditor's own.

    ``expect`` and ``within``: every record must be one of the listed values, or an address of one of the networks; how
    many there must be says ``min_records``. ``max_ttl``: how long a cache may keep any record on the way to the answer.
    ``resolver``: ``address:port`` of another server than the network's own. ``expect_absent``: healthy is that the name
    does not exist. ``public_resolver``: ``address:port`` of a resolver outside, whose answer must be the same.
    ``search``: domains that are tried behind the name, as clients with such a list do; a name with a dot is asked as it
    stands first. ``timeout`` is one deadline for the whole probe.
    """

    name: str
    type: RecordType = "A"
    expect: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    min_records: int = 1
    max_ttl: timedelta | None = None
    resolver: str | None = None
    public_resolver: str | None = None
    search: tuple[str, ...] = ()
    expect_absent: bool = False
    timeout: timedelta = timedelta(seconds=2)

    def __post_init__(self) -> None:
        _refuse_bad_name("name", self.name)
        if _is_address(self.name):
            raise ValueError(f"name is the address {self.name}, which needs no resolver; allowed is a name")
        for value in self.expect:
            self._refuse_bad_value(value)
        for network in self.within:
            self._refuse_bad_network(network)
        if self.min_records < 1:
            raise ValueError(f"min_records is {self.min_records}; allowed is 1 or more")
        values = {comparable(value) for value in self.expect}
        if values and not self.within and self.min_records > len(values):
            raise ValueError(
                f"min_records is {self.min_records} and expect lists {len(values)}; allowed is at most that"
            )
        self._refuse_bad_servers()
        self._refuse_bad_search()
        self._refuse_records_of_nothing()
        self._refuse_bad_times()

    @property
    def asked(self) -> str:
        """The name as DNS compares it: lower case, without the final dot."""
        return self.name.rstrip(".").lower()

    @property
    def asked_names(self) -> tuple[str, ...]:
        """The full names in the order in which a client with this list of search domains asks for them."""
        domains = tuple(domain.rstrip(".").lower() for domain in self.search)
        searched = tuple(f"{self.asked}.{domain}" for domain in domains)
        return (self.asked, *searched) if "." in self.asked else (*searched, self.asked)

    def is_expected(self, value: str) -> bool:
        """Whether a record's value is one that the target declares; anything is where it declares none."""
        if not self.expect and not self.within:
            return True
        if comparable(value) in {comparable(expected) for expected in self.expect}:
            return True
        return _is_address(value) and any(ip_address(value) in ip_network(network) for network in self.within)

    def _refuse_bad_servers(self) -> None:
        if self.resolver is not None:
            parse_resolver(self.resolver)
        if self.public_resolver is not None:
            parse_resolver(self.public_resolver, "public_resolver")

    def _refuse_records_of_nothing(self) -> None:
        if not self.expect_absent:
            return
        if self.expect or self.within or self.min_records != 1 or self.max_ttl is not None:
            raise ValueError(
                "expect_absent is true, and expect, within, min_records or max_ttl speaks of records; leave out either"
            )
        if self.public_resolver is not None:
            raise ValueError("expect_absent is true, and public_resolver compares records; leave out either")

    def _refuse_bad_times(self) -> None:
        if self.max_ttl is not None and self.max_ttl <= timedelta(0):
            raise ValueError(f"max_ttl is {self.max_ttl.total_seconds():g} s; allowed is more than 0 s")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")

    def _refuse_bad_search(self) -> None:
        if len(self.search) > MOST_SEARCH_DOMAINS:
            raise ValueError(f"search lists {len(self.search)} domains; allowed are {MOST_SEARCH_DOMAINS} at most")
        for domain in self.search:
            _refuse_bad_name("search", domain)
            _refuse_bad_name("name with a domain of search", f"{self.asked}.{domain}")
        if self.search and self.name.endswith("."):
            raise ValueError(f"name {self.name} ends with a dot, so no domain of search is tried; leave out either")
        if self.search and self.public_resolver is not None:
            raise ValueError("public_resolver compares a whole name, and search completes one; leave out either")

    def _refuse_bad_value(self, value: str) -> None:
        version = _VERSIONS.get(self.type)
        if version is None:
            _refuse_bad_name("expect", value)
        elif not _is_address(value) or ip_address(value).version != version:
            raise ValueError(f"expect holds {value!r:.200}; allowed for type {self.type} are IPv{version} addresses")

    def _refuse_bad_network(self, network: str) -> None:
        version = _VERSIONS.get(self.type)
        if version is None:
            raise ValueError(f"within is given for type {self.type}, whose records are names; list names under expect")
        try:
            parsed = ip_network(network)
        except ValueError as error:
            raise ValueError(
                f"within holds {network!r:.200}: {error}; allowed is a network like 10.0.0.0/16"
            ) from error
        if parsed.version != version:
            raise ValueError(f"within holds {network}; allowed for type {self.type} are IPv{version} networks")


def comparable(value: str) -> str:
    """A record's value in the one form in which equal values are equal."""
    return str(ip_address(value)) if _is_address(value) else value.rstrip(".").lower()


def parse_resolver(text: str, field_name: str = "resolver") -> tuple[str, int]:
    """Address and port of ``10.0.0.2:53`` or ``[fd00::2]:53``; ValueError says what is allowed."""
    match = _RESOLVER.fullmatch(text)
    address = (match["four"] or match["six"]) if match else ""
    port = int(match["port4"] or match["port6"]) if match else 0
    if not _is_address(address) or not 1 <= port <= 65535:
        raise ValueError(
            f"{field_name} is {text!r:.200}; allowed is an address and port, e.g. 10.0.0.2:53 or [fd00::2]:53"
        )
    return address, port


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _refuse_bad_name(field_name: str, name: str) -> None:
    bare = name.removesuffix(".")
    if len(bare) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in bare.split(".")):
        raise ValueError(
            f"{field_name} is {name!r:.300}; allowed is a DNS name of letters, digits, hyphens and underscores without "
            "scheme, port or path; write other alphabets in their xn-- form"
        )


FAMILY: Family[DnsSpec] = Family(
    name="dns",
    title="DNS names",
    plane=Plane.DATA,
    spec_type=DnsSpec,
    period=timedelta(minutes=1),
    timeout=timedelta(seconds=20),
    memory_mb=256,
    cost=Cost(cpu_ms=0.4),
)
