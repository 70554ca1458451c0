"""How the platform's own services find and dial each other: through the sandbox's DNS, on the platform's side."""

import http.client
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from urllib.parse import urlsplit

from dnslib import QTYPE, RCODE, DNSError, DNSRecord

from sandbox.fargate.estate import platform_side

NO_ANSWER = (OSError, http.client.HTTPException)
"""What ``Dialler.ask`` raises when nobody answered; a timeout is an OSError too."""
_DNS_SECONDS = 2.0


class NoSuchNameError(OSError):
    """When DNS has no address for a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """A header's value; its name in any case."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialler:
    """One caller's network. ``own_address`` is where its ``localhost`` is; ``trusted`` verifies TLS peers."""

    resolver: tuple[str, int]
    own_address: str
    trusted: ssl.SSLContext
    side: Callable[[str, int], tuple[str, int]] = platform_side

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """A connection to a name or an address, as this task would get it; OSError says why not."""
        address = self._resolve(host)
        return socket.create_connection(self.side(address, port), timeout=timeout)

    def ask(
        self, method: str, url: str, timeout: float, *, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """One HTTP request; one of ``NO_ANSWER`` when there was none."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        connected = self.connect(host, port, timeout)
        try:
            if secure:
                connected = self.trusted.wrap_socket(connected, server_hostname=host)
            connection = http.client.HTTPConnection(host, port)
            connection.sock = connected
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            # As clients do: the port stands in Host only where it stands in the URL, and MLflow compares all of it.
            connection.request(method, target, body=body, headers={"Host": parts.netloc, **(headers or {})})
            answer = connection.getresponse()
            return Answer(status=answer.status, headers=tuple(answer.getheaders()), body=answer.read())
        finally:
            connected.close()

    def look_up(self, name: str) -> tuple[str, list[str]]:
        """The rcode and the addresses of a name."""
        try:
            answer = DNSRecord.parse(DNSRecord.question(name, "A").send(*self.resolver, timeout=_DNS_SECONDS))
        except DNSError as error:
            raise NoSuchNameError(f"{name}: DNS answers what cannot be read") from error
        addresses = [str(record.rdata) for record in answer.rr if record.rtype == QTYPE.A]
        return str(RCODE.get(answer.header.rcode)), addresses

    def _resolve(self, host: str) -> str:
        if host == "localhost":
            return self.own_address
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            pass
        rcode, addresses = self.look_up(host)
        if rcode != "NOERROR" or not addresses:
            raise NoSuchNameError(f"{host}: {rcode}")
        return addresses[0]
