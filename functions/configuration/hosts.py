"""Which hosts a setting makes its container look up: what a client would ask its resolver for, and nothing else."""

import ipaddress
import re
from collections.abc import Collection, Iterable

from functions.configuration.facts import SettingFacts

_SCHEMES = re.compile(
    r"https?|wss?|grpcs?|tcp|tls|ssl|udp|postgres(ql)?|mysql|mariadb|sqlserver|mssql|oracle|rediss?|valkeys?|memcached|"
    r"mongodb|amqps?|kafka|nats|mqtts?|ldaps?|smtps?|s?ftp|ssh"
)
"""Schemes with a host to connect to as authority: of s3:// it is a bucket, of mongodb+srv:// a name without address."""
_ENDPOINT = re.compile(r".*(?:HOST(NAME)?|ENDPOINT|SERVER|BROKER|NODE|ADDR(ESS)?|UR[LI])(E?S)?")
"""Variables that name a place by their last word; `app.main` in another one is no host."""
_NO_ENDPOINT = re.compile(r"NO_PROXY|(?:.*_)?(?:ALLOWED|TRUSTED|ORIGINS?|DOMAINS?|AUDIENCE)(?:_.*)?")
"""Names under which others call, or that are only compared: nobody connects to them by this setting."""


def hosts_to_ask(settings: Iterable[SettingFacts], declared: Collection[str]) -> tuple[str, ...]:
    """Every host that the settings name, once; ``declared`` are the variables that must name one."""
    return tuple(dict.fromkeys(host for setting in settings for host in hosts_of(setting, declared)))


def hosts_of(setting: SettingFacts, declared: Collection[str]) -> tuple[str, ...]:
    """The hosts of one setting whose addresses only DNS knows.

    Not a literal address, loopback or pattern; and no name of one label, since only the container's own resolver knows
    which domains it tries behind it.
    """
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
    certain = is_declared or setting.form == "url" or _ENDPOINT.fullmatch(variable)
    places = [(setting.host, setting.port is not None)]
    if setting.items:
        places = [(item.partition(":")[0], ":" in item) for item in setting.items]
    return tuple(dict.fromkeys(host for host, has_port in places if (certain or has_port) and _only_dns_knows(host)))


def _only_dns_knows(host: str) -> bool:
    labels = host.rstrip(".").split(".")
    # RFC 1123, 2.1: a name's last label is alphabetic, so `2.9.1` is a version or a part of an address.
    if len(labels) < 2 or "*" in host or labels[-1].isdecimal() or labels[-1] == "localhost":
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False
