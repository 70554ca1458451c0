"""The sandbox's network: the catalogue's addresses dialled on loopback, and nothing else dialled at all."""

from ipaddress import AddressValueError, IPv4Address, IPv4Network, ip_address
from urllib.parse import urlsplit

from auditor.net.network import AddressRefusedError, Network

_LOOPBACK = IPv4Network("127.0.0.0/8")
_PRIVATE = IPv4Network("10.0.0.0/8")
_PUBLIC = IPv4Network("203.0.113.0/24")
_PRIVILEGED_PORTS = 1024
_PORT_SHIFT = 20_000


class SandboxRefusedError(ValueError):
    """When the sandbox's network is asked for outside of a sandbox."""


def translate(address: str, port: int) -> tuple[str, int]:
    """10.a.b.c is 127.a.b.c, 203.0.113.c is 127.203.113.c, 127.x stays; ports under 1024 move up by 20,000."""
    try:
        named = IPv4Address(address)
    except AddressValueError:
        named = None
    if named is None or not any(named in network for network in (_LOOPBACK, _PRIVATE, _PUBLIC)):
        raise AddressRefusedError(
            f"the sandbox dials no {address}: allowed are 10.0.0.0/8, 203.0.113.0/24 and 127.0.0.0/8"
        )
    _, second, third, fourth = named.packed
    if named in _PUBLIC:
        second = 203
    return f"127.{second}.{third}.{fourth}", port + _PORT_SHIFT if port < _PRIVILEGED_PORTS else port


def sandbox_network(resolver: str, aws_endpoint: str | None) -> Network:
    """The network of the sandbox, whose DNS serves at ``resolver`` (``host:port``).

    Refuses unless the AWS endpoint and the resolver are on loopback: with it a real platform could not be audited.
    """
    endpoint_host = urlsplit(aws_endpoint or "").hostname
    if endpoint_host is None or not _is_loopback(endpoint_host):
        raise SandboxRefusedError(
            f"the sandbox's network was asked for with the AWS endpoint {aws_endpoint!r}: allowed is a URL on loopback "
            "(http://127.0.0.1:4566); outside the sandbox leave the sandbox's settings out"
        )
    host, _, port = resolver.rpartition(":")
    if host == "localhost" or not _is_loopback(host) or not port.isdecimal():
        raise SandboxRefusedError(
            f"sandbox resolver {resolver!r}: allowed is a loopback address and port, e.g. 127.0.0.1:5353"
        )
    return Network(resolver=(host, int(port)), translate=translate)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
