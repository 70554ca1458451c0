"""Which places a setting makes its container connect to, and which of their hosts it must look up: pure."""

import ipaddress
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from functions.configuration.facts import SettingFacts

_SCHEMES = re.compile(
    r"https?|wss?|grpcs?|tcp|tls|ssl|udp|postgres(ql)?|psql|pgsql|postgis|mysql2?|mariadb|sqlserver|mssql|oracle|"
    r"rediss?|valkeys?|memcached|mongodb|amqps?|kafka|nats|mqtts?|ldaps?|smtps?|s?ftp|ssh"
)
"""Schemes with a host to connect to as authority: of s3:// it is a bucket, of mongodb+srv:// a name without address."""
_ENDPOINT = re.compile(r".*(?:HOST(NAME)?|ENDPOINT|SERVER|BROKER|NODE|ADDR(ESS)?|UR[LI])(E?S)?")
"""Variables that name a place by their last word; `app.main` in another one is no host."""
_NO_ENDPOINT = re.compile(r"NO_PROXY|(?:.*_)?(?:ALLOWED|TRUSTED|ORIGINS?|DOMAINS?|AUDIENCE)(?:_.*)?")
"""Names under which others call, or that are only compared: nobody connects to them by this setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A host, and the port where the setting says one."""

    host: str
    port: int | None


def hosts_to_ask(settings: Iterable[SettingFacts], declared: Collection[str]) -> tuple[str, ...]:
    """Every host that the settings make the container look up, once; for ``declared`` see ``places_of``."""
    return tuple(dict.fromkeys(host for setting in settings for host in hosts_of(setting, declared)))


def hosts_of(setting: SettingFacts, declared: Collection[str]) -> tuple[str, ...]:
    """The hosts of one setting whose addresses only DNS knows.

    Not a literal address, loopback or pattern; and no name of one label, since only the container's own resolver knows
    which domains it tries behind it.
    """
    hosts = (place.host for place in places_of(setting, declared))
    return tuple(dict.fromkeys(host for host in hosts if "." in host and not _needs_no_resolver(host)))


def places_of(setting: SettingFacts, declared: Collection[str]) -> tuple[Place, ...]:
    """Where a client that reads this setting connects to; ``declared`` are the variables that must name a host."""
    variable = setting.variable.upper()
    is_declared = setting.variable in declared
    if setting.problem or (_NO_ENDPOINT.fullmatch(variable) and not is_declared):
        return ()
    if setting.form == "url":
        scheme, _, driver = setting.scheme.removeprefix("jdbc:").partition("+")
        if not _SCHEMES.fullmatch(scheme) or driver == "srv":
            return ()
    elif setting.form not in ("address", "list"):
        return ()
    certain = is_declared or setting.form == "url" or _ENDPOINT.fullmatch(variable) is not None
    places = [_place(item) for item in setting.items] or [Place(host=setting.host, port=setting.port)]
    return tuple(place for place in places if _could_be_host(place.host) and (certain or _is_address(place)))


def _place(item: str) -> Place:
    host, _, port = item.partition(":")
    return Place(host=host, port=int(port) if port else None)


def _is_address(place: Place) -> bool:
    """Whether this is a place whatever the variable's name: `app.main` need not be one."""
    return place.port is not None or _needs_no_resolver(place.host)


def _could_be_host(host: str) -> bool:
    # RFC 1123, 2.1: a name's last label is alphabetic, so `2.9.1` is a version.
    is_number = host.rpartition(".")[2].isdecimal() and not _is_literal(host)
    return bool(host) and "*" not in host and not is_number


def _needs_no_resolver(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or _is_literal(host)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
