"""The network as the auditor sees it: whom it asks for names, and the one seam where an address is dialled."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

RESOLVER_FILE = Path("/etc/resolv.conf")
DNS_PORT = 53


class AddressRefusedError(ValueError):
    """When this network lets nobody dial an address; the text says why."""


def as_it_is(address: str, port: int) -> tuple[str, int]:
    """Outside the sandbox an address is dialled as it stands."""
    return address, port


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """``resolver`` is host and port of the DNS server; ``translate`` turns what is named into what is dialled.

    ``translate`` is called at connect only, and raises AddressRefusedError; observations keep the address as named.
    """

    resolver: tuple[str, int]
    search: tuple[str, ...] = ()
    ndots: int = 1
    translate: Callable[[str, int], tuple[str, int]] = as_it_is

    def names_to_ask(self, host: str) -> tuple[str, ...]:
        """The full names to ask for a host, in resolv.conf's order: few dots try the search list first."""
        bare = host.rstrip(".")
        if host.endswith("."):
            return (bare,)
        searched = tuple(f"{bare}.{domain}" for domain in self.search)
        return (bare, *searched) if bare.count(".") >= self.ndots else (*searched, bare)


def system_network(path: Path = RESOLVER_FILE) -> Network:
    """The network of this machine or Lambda environment, by its resolv.conf; its first name server is the resolver."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    ndots = 1
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        lines = []
    for line in lines:
        words = line.split()
        if not words or words[0][0] in "#;":
            continue
        keyword, values = words[0], words[1:]
        if keyword == "nameserver" and values:
            servers.append(values[0])
        elif keyword in ("search", "domain"):
            search = tuple(value.strip(".") for value in values if value.strip("."))
        elif keyword == "options":
            for value in values:
                name, _, number = value.partition(":")
                if name == "ndots" and number.isdecimal():
                    ndots = min(int(number), 15)
    return Network(resolver=(servers[0] if servers else "127.0.0.1", DNS_PORT), search=search, ndots=ndots)
