"""TLS contexts, made once because loading the default authorities costs 14-18 ms, and what certificates say."""

import functools
import ssl
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_KINDS = ("DNS", "IP Address")
"""Names that a server can be asked for; a URI can hold anything, a password too."""

DistinguishedName = tuple[tuple[tuple[str, str], ...], ...]
"""Relative names, each of one or more pairs of attribute and value, as Python's ssl gives them."""


@functools.cache
def shared_context() -> ssl.SSLContext:
    """The one context with this system's trusted authorities; made at the first TLS connection of the process."""
    return ssl.create_default_context()


@functools.cache
def context_from_file(path: Path | str) -> ssl.SSLContext:
    """A context that trusts the authorities of a PEM file only."""
    return ssl.create_default_context(cafile=str(path))


@functools.cache
def unverified_context() -> ssl.SSLContext:
    """For whoever reads a certificate without believing it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@functools.cache
def outdated_context() -> ssl.SSLContext:
    """Speaks TLS 1.0 and 1.1 only, as far as this OpenSSL still does: to learn who speaks nothing better."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():  # that they are outdated is the point
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


class UnreadableCertificateError(ValueError):
    """When a peer presented what cannot be read as a certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says of itself; only a verified handshake proves any of it.

    The texts are the peer's, of any length and with any character. ``names`` are pairs of kind (``DNS`` or
    ``IP Address``) and value: the alternative names of these kinds, or the common name where there are none.
    ``issuer_to_be_had``: it says where the certificate of its issuer can be fetched.
    """

    serial: str
    subject: DistinguishedName
    issuer: DistinguishedName
    names: tuple[tuple[str, str], ...]
    not_before: datetime
    not_after: datetime
    issuer_to_be_had: bool

    @property
    def issued_by_itself(self) -> bool:
        """Whether it names itself as its issuer, as roots and self-signed certificates do."""
        return self.subject == self.issuer

    @property
    def issuer_name(self) -> str:
        """The issuer's common name, or its organization where it has none."""
        issuer = dict(_attributes(self.issuer))
        return issuer.get("commonName") or issuer.get("organizationName") or ""


def presented_certificates(connection: ssl.SSLObject) -> tuple[Certificate, ...]:
    """The chain that the peer presented, its own certificate first, as far as OpenSSL keeps it.

    Also from a handshake that failed because of it: OpenSSL 3 keeps what it did not believe, an older one does not.
    What a chain may weigh OpenSSL limits itself (100 kB). UnreadableCertificateError for what is no certificate.
    """
    # Before Python 3.13 only the object behind the public one has the chain, and in no version has another one the
    # contents of a certificate that was not verified.
    behind: Any = connection._sslobj  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        return tuple(_certificate(each.get_info()) for each in behind.get_unverified_chain() or ())
    except (ValueError, KeyError, TypeError, OverflowError, OSError) as error:
        raise UnreadableCertificateError(type(error).__name__) from error


def _certificate(info: Mapping[str, Any]) -> Certificate:
    subject: DistinguishedName = info["subject"]
    alternative = tuple((kind, value) for kind, value in info.get("subjectAltName", ()) if kind in _KINDS)
    common = tuple(("DNS", value) for key, value in _attributes(subject) if key == "commonName")
    return Certificate(
        serial=str(info["serialNumber"]),
        subject=subject,
        issuer=info["issuer"],
        names=alternative or common,
        not_before=_instant(info["notBefore"]),
        not_after=_instant(info["notAfter"]),
        issuer_to_be_had=bool(info.get("caIssuers")),
    )


def _instant(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), tz=UTC)


def _attributes(name: DistinguishedName) -> list[tuple[str, str]]:
    return [(str(key), str(value)) for relative in name for key, value in relative]
