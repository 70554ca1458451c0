"""TLS contexts, made once because loading the default authorities costs 14-18 ms, and facts of certificates."""

import functools
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@functools.cache
def shared_context() -> ssl.SSLContext:
    """The one context with this system's trusted authorities; made at the first TLS connection of the process."""
    return ssl.create_default_context()


@functools.cache
def context_from_file(path: Path | str) -> ssl.SSLContext:
    """A context that trusts the authorities of a PEM file only."""
    return ssl.create_default_context(cafile=str(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a verified certificate says of itself."""

    not_before: datetime
    not_after: datetime
    subject_names: tuple[str, ...]
    issuer: str


def certificate_facts(connection: ssl.SSLObject | ssl.SSLSocket) -> CertificateFacts | None:
    """Facts of the peer's certificate; None when the context did not verify it."""
    certificate = connection.getpeercert()
    if not certificate:
        return None
    names = tuple(str(name) for _, name in _pairs(certificate.get("subjectAltName")))
    common = tuple(value for key, value in _attributes(certificate.get("subject")) if key == "commonName")
    issuer = dict(_attributes(certificate.get("issuer")))
    return CertificateFacts(
        not_before=_instant(certificate["notBefore"]),
        not_after=_instant(certificate["notAfter"]),
        subject_names=names or common,
        issuer=issuer.get("commonName") or issuer.get("organizationName") or "",
    )


def _instant(text: object) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(text)), tz=UTC)


def _pairs(value: object) -> tuple[tuple[object, object], ...]:
    return value if isinstance(value, tuple) else ()


def _attributes(value: object) -> list[tuple[str, str]]:
    """Subjects and issuers are tuples of relative names, each a tuple of pairs."""
    return [(str(key), str(text)) for relative in _pairs(value) for key, text in _pairs(relative)]
