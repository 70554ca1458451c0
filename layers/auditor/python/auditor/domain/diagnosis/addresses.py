"""Reading hosts: literal addresses, the own host, places as people write them."""

import ipaddress


def is_literal(host: str) -> bool:
    """Whether a host is an address, not a name."""
    return _address(host) is not None


def is_loopback(host: str) -> bool:
    """Whether a host is the machine itself: what a client without a setting falls back to."""
    address = _address(host)
    if address is not None:
        return address.is_loopback or address.is_unspecified
    return host.lower().rstrip(".") == "localhost"


def is_private(host: str) -> bool:
    """Whether a host is an address of a private network."""
    address = _address(host)
    return address is not None and address.is_private


def place(host: str, port: int | None) -> str:
    """``host:port``, or the host alone."""
    return host if port is None else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
