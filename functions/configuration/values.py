"""A variable's value to its parsed parts. The value stays here; what could be part of a credential is dropped whole."""

import ipaddress
import re
from urllib.parse import parse_qsl

from functions.configuration.facts import SettingFacts

_SCHEME = re.compile(r"((?:jdbc:)?[A-Za-z][A-Za-z0-9+.-]{0,30})://(.*)", re.DOTALL)
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9*_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
_ADDRESS = re.compile(r"([^:\s/@]+)(?::(\d{1,5}))?")
_WORD = re.compile(r"[A-Za-z0-9_.+-]{1,63}")
_DATABASE = re.compile(r"[A-Za-z0-9_.-]{1,63}")
_RELATIONAL = re.compile(r"(?:jdbc:)?(?:postgres(?:ql)?|psql|pgsql|postgis|mysql2?|mariadb)(?:\+.*)?")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_MAX_ITEMS = 20


def parse_setting(variable: str, value: str, *, is_address: bool = False) -> SettingFacts:
    """The parts of a value. ``is_address``: the catalogue says that it must name a host, so that a word is none."""
    if not value:
        return SettingFacts(variable=variable, form="empty", problem="is empty")
    if value != value.strip() or not value.isprintable():
        return SettingFacts(
            variable=variable, form="unreadable", problem="has a space at its end or a control character in it"
        )
    url = _SCHEME.fullmatch(value)
    if url is not None:
        return _url(variable, url.group(1).lower(), url.group(2))
    if "," in value:
        return _list(variable, value)
    address = _address(value)
    if address is not None:
        host, port = address
        is_word = port is None and not is_address and "." not in host and host != "localhost"
        if not (is_word and host.isdecimal()):
            return SettingFacts(
                variable=variable,
                form="word" if is_word else "address",
                text=value if is_word and _WORD.fullmatch(value) else "",
                host=host,
                port=port,
                is_literal_address=_is_literal(host),
                is_loopback=_is_loopback(host),
            )
    if not is_address and _WORD.fullmatch(value):
        return SettingFacts(variable=variable, form="word", text=value)
    problem = "names no host that a client could use" if is_address else ""
    return SettingFacts(variable=variable, form="unreadable", problem=problem)


def is_relational(scheme: str) -> bool:
    """Whether a URL of this scheme is that of a relational store, so that its path names a database."""
    return _RELATIONAL.fullmatch(scheme) is not None


def _url(variable: str, scheme: str, rest: str) -> SettingFacts:
    def unusable(problem: str, *, credentials: bool = False) -> SettingFacts:
        return SettingFacts(variable=variable, form="url", scheme=scheme, has_credentials=credentials, problem=problem)

    end = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    authority, tail = rest[:end], rest[end:]
    if "@" in tail:
        # Either a password holds / ? or # and is not percent-encoded: then what stands where host and port belong is a
        # part of it. Or the path holds an @. Nobody can tell, so nothing of the value is kept.
        return unusable(
            "has an @ after the place of user and host: a / ? # or @ in a password must be percent-encoded",
            credentials=True,
        )
    userinfo, _, place = authority.rpartition("@")
    credentials = bool(userinfo)
    if "@" in userinfo:
        return unusable("has two @: one in a password must be percent-encoded", credentials=True)
    if not place:
        if scheme in ("file", "sqlite"):
            return SettingFacts(variable=variable, form="url", scheme=scheme)
        return unusable("names no host", credentials=credentials)
    if "," in place and all(_address(item) for item in place.split(",")):
        items = tuple(item.lower() for item in place.split(",")[:_MAX_ITEMS])
        return SettingFacts(variable=variable, form="url", scheme=scheme, items=items, has_credentials=credentials)
    # The rest of a bracketed IPv6 address; otherwise one colon parts host and port.
    host, colon, port_text = _split(place)
    if not _HOST.fullmatch(host) and _ip(host) is None:
        return unusable("names no host that a client could use", credentials=credentials)
    port = int(port_text) if port_text.isascii() and port_text.isdecimal() and len(port_text) <= 5 else None
    if colon and (port is None or not 1 <= port <= 65535):
        # What stands there may be a part of a password, so the host in front of it may be its user.
        return unusable("has a port that is no number from 1 to 65535", credentials=True)
    database, sslmode = _database(scheme, tail)
    host = host.rstrip(".").lower()
    return SettingFacts(
        variable=variable,
        form="url",
        scheme=scheme,
        host=host,
        port=port,
        database=database,
        sslmode=sslmode,
        has_credentials=credentials,
        is_literal_address=_is_literal(host),
        is_loopback=_is_loopback(host),
    )


def _database(scheme: str, tail: str) -> tuple[str, str]:
    if not is_relational(scheme):
        return "", ""
    path, _, query = tail.partition("#")[0].partition("?")
    database = path.lstrip("/")
    sslmode = dict(parse_qsl(query)).get("sslmode", "")
    return (database if _DATABASE.fullmatch(database) else ""), (sslmode if sslmode in _SSL_MODES else "")


def _list(variable: str, value: str) -> SettingFacts:
    items = [item.strip() for item in value.split(",")]
    if not all(item and _address(item) for item in items):
        return SettingFacts(variable=variable, form="unreadable")
    return SettingFacts(variable=variable, form="list", items=tuple(item.lower() for item in items[:_MAX_ITEMS]))


def _address(value: str) -> tuple[str, int | None] | None:
    match = _ADDRESS.fullmatch(value)
    if match is None or not _HOST.fullmatch(match.group(1)):
        return None
    port = int(match.group(2)) if match.group(2) else None
    if port is not None and not 1 <= port <= 65535:
        return None
    return match.group(1).rstrip(".").lower(), port


def _split(place: str) -> tuple[str, str, str]:
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        return host, port[:1], port[1:]
    return place.partition(":")


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_literal(host: str) -> bool:
    return _ip(host) is not None


def _is_loopback(host: str) -> bool:
    address = _ip(host)
    return host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback)
