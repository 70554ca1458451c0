"""The closed words for encryption and certificates, and what causes of the kernel's own mean in them."""

from collections.abc import Mapping
from enum import StrEnum


class CertificateOutcome(StrEnum):
    """How a client that asks for a name fares with the certificate that it is shown."""

    VALID = "valid"
    EXPIRES_SOON = "expires_soon"
    """Valid, for fewer days than the catalogue demands."""
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    OTHER_NAME = "other_name"
    UNTRUSTED = "untrusted"
    INCOMPLETE = "incomplete"


class Speech(StrEnum):
    """What is spoken at a port."""

    TLS = "tls"
    PLAIN_HTTP = "plain_http"


CERTIFICATE_OUTCOMES: Mapping[str, CertificateOutcome] = {
    "tls.expired": CertificateOutcome.EXPIRED,
    "tls.not_yet_valid": CertificateOutcome.NOT_YET_VALID,
    "tls.name_mismatch": CertificateOutcome.OTHER_NAME,
    "tls.untrusted": CertificateOutcome.UNTRUSTED,
    "tls.self_signed": CertificateOutcome.UNTRUSTED,
}
"""Causes of a failed handshake that speak of the certificate; others speak of none."""
