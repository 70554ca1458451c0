"""Where a redirect leads, and whether the auditor may go there: pure."""

import ipaddress
import re
import string
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from functions.http.family import HttpSpec
from functions.http.redaction import bounded_place, place
from functions.http.refusals import DEFAULT_PORTS

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
UNUSABLE = "an unusable place"

_AWS_SERVICES = ipaddress.ip_network("fd00:ec2::/32")
"""The metadata, DNS and time services of an instance, in IPv6."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HOST = re.compile(r"[a-z0-9._:-]{1,253}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a redirect is not followed; ``words`` complete "<place> ..."."""

    cause: str
    words: str


def destination(url: SplitResult, location: str) -> SplitResult | None:
    """The absolute URL of a Location header; None when it is none that HTTP could ask for."""
    # The header was read as Latin-1: quoted as such, every byte of it arrives where it came from.
    quoted = quote(location.strip(), safe=string.punctuation, encoding="latin-1")
    try:
        said = urlsplit(quoted)
        if said.scheme and not said.netloc:  # urljoin would take the host of the page before
            return None
        parts = urlsplit(urljoin(url.geturl(), quoted))._replace(fragment="")
        usable = parts.scheme in DEFAULT_PORTS and _HOST.fullmatch(parts.hostname or "") and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def shown(parts: SplitResult | None, declared: str | None) -> str:
    """A redirect's destination as it may be kept; the declared one stands as the catalogue has it."""
    if parts is None:
        return UNUSABLE
    said = place(parts.geturl())
    return said if declared is not None and said == place(declared) else bounded_place(parts.geturl())


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """What two URLs must share for a key to be sent to both: scheme, host and port."""
    return parts.scheme, parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]


def refusal(spec: HttpSpec, urls: tuple[SplitResult, ...], there: SplitResult | None) -> Refusal | None:
    """Why a redirect to ``there`` is not followed after ``urls`` were asked; None when it may be."""
    here, declared = urls[-1], spec.expect.redirect_to
    if there is None:
        return Refusal(cause="http.redirect", words="redirects to what is no http or https URL")
    if there.geturl() in {url.geturl() for url in urls}:
        return Refusal(
            cause="http.redirect_loop", words=f"redirects back to {shown(there, declared)}, which was asked before"
        )
    if len(urls) > spec.follow_redirects:
        limit = spec.follow_redirects
        return Refusal(cause="http.redirect", words=f"redirects once more after {limit}, which the target allows")
    declared_plain = (declared or "").startswith("http://")
    if here.scheme == "https" and there.scheme == "http" and not declared_plain:
        return Refusal(
            cause="http.redirect", words=f"redirects from https down to {shown(there, declared)}, which is not declared"
        )
    return None


def leads_inside(origin: str, address: str) -> bool:
    """Whether a redirect leads from elsewhere to the auditor's own host or a metadata service.

    A peer could make the auditor call its own runtime that way.
    """
    return _is_own(address) and not _is_own(origin)


def _is_own(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    if parsed in _AWS_SERVICES:
        return True
    if isinstance(parsed, ipaddress.IPv6Address):
        through_nat64 = ipaddress.IPv4Address(parsed.packed[-4:]) if parsed in _NAT64 else None
        parsed = parsed.ipv4_mapped or parsed.sixtofour or through_nat64 or parsed
    return parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified
