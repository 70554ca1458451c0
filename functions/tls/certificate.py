"""What follows from presented certificates: whom they are for, how long they hold, what is missing. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from ipaddress import ip_address
from math import floor

from auditor.net.tls import Certificate
from functions.tls.facts import MAX_NAMES, CertificateFacts
from functions.tls.family import is_address

_UNUSUAL = re.compile(r"[^A-Za-z0-9_.*:-]")
_LONGEST_NAME = 253
_LONGEST_ISSUER = 100
_SECONDS_A_DAY = 86_400


def certificate_facts(certificate: Certificate, name: str, slot: datetime) -> CertificateFacts:
    """What is kept of the server's certificate, which should be for ``name``."""
    left = (certificate.not_after - slot).total_seconds() / _SECONDS_A_DAY
    return CertificateFacts(
        names=shown_names(certificate),
        names_total=len(certificate.names),
        covers_name=covers(certificate, name),
        issuer=_printable(certificate.issuer_name)[:_LONGEST_ISSUER],
        issued_by_itself=certificate.issued_by_itself,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        days_left=floor(left * 10) / 10,  # never more than there are
    )


def shown_names(certificate: Certificate) -> tuple[str, ...]:
    """The first of its names, fit to be kept."""
    return tuple(_UNUSUAL.sub("?", value[:_LONGEST_NAME]) for _, value in certificate.names[:MAX_NAMES])


def covers(certificate: Certificate, name: str) -> bool:
    """Whether a certificate is for a name or address, as OpenSSL compares them (RFC 6125)."""
    if is_address(name):
        wanted = ip_address(name)
        return any(
            kind == "IP Address" and is_address(value) and ip_address(value) == wanted
            for kind, value in certificate.names
        )
    return any(kind == "DNS" and _covers(value.lower(), name.lower()) for kind, value in certificate.names)


def issuer_of(certificate: Certificate, chain: Iterable[Certificate]) -> Certificate | None:
    """The certificate of the issuer, if it is one of these."""
    return next((other for other in chain if other.subject == certificate.issuer), None)


def lacks_intermediate(chain: Sequence[Certificate], elsewhere: Iterable[Certificate]) -> bool:
    """Whether the server left out who issued its certificate, though no root did; ``chain`` leads to nothing trusted.

    That alone does not tell a forgotten intermediate from a root that is not trusted, which servers rightly leave out.
    It is an intermediate where another server of the same host (``elsewhere``) presents it, or where the certificate
    says where its issuer's is to be had: public authorities write that down, and never issue with their root.
    """
    own = chain[0]
    if own.issued_by_itself or issuer_of(own, chain[1:]) is not None:
        return False
    found = issuer_of(own, elsewhere)
    return own.issuer_to_be_had if found is None else not found.issued_by_itself


def _covers(pattern: str, name: str) -> bool:
    if pattern == name:
        return True
    label, _, domain = name.partition(".")
    return pattern.startswith("*.") and "." in domain and bool(label) and pattern[2:] == domain


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
