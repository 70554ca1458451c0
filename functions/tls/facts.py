"""What a probe of a TLS place keeps, and why it can fail. Names and dates of certificates, which are public."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from auditor.domain.cause import Cause

MAX_NAMES = 20
"""Names that are kept of a certificate; how many it has is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a certificate says of itself. ``names``: at most 20 of ``names_total``, unusual characters replaced.

    ``covers_name``: whether it is for the name that was asked for. ``days_left`` counts from the slot, negative when
    it has expired. ``issued_by_itself``: it names itself as its issuer.
    """

    names: tuple[str, ...]
    names_total: int
    covers_name: bool
    issuer: str
    issued_by_itself: bool
    not_before: datetime
    not_after: datetime
    days_left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutNameFacts:
    """What is presented to a client that names no host: the same certificate, another one, or none at all."""

    certificate: Literal["same", "other", "none"]
    names: tuple[str, ...] = ()
    covers_name: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """What one resolved address did, as far as it came; why it came no further stands in the observation's failures.

    ``version`` and ``cipher`` are empty until they were agreed. ``chain_length`` counts the certificates that were
    presented, ``issuer_presented`` says whether the issuer of the first one is among them. ``verified``: None where
    nothing was verified; ``verify_code`` is OpenSSL's number of what is wrong with the chain, the name or the dates.
    ``client_certificate_demanded``: None where it was not seen. ``without_name``: None where it was not asked.
    ``answers_plain_http`` and ``older_version`` (what it speaks of TLS 1.0 and 1.1) are asked where TLS failed.
    """

    address: str
    version: str = ""
    cipher: str = ""
    certificate: CertificateFacts | None = None
    chain_length: int = 0
    issuer_presented: bool | None = None
    verified: bool | None = None
    verify_code: int | None = None
    client_certificate_demanded: bool | None = None
    without_name: WithoutNameFacts | None = None
    answers_plain_http: bool | None = None
    older_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """``name`` is what was asked for. ``resolved`` holds every address of the host, ``probed`` the asked ones."""

    host: str
    port: int
    name: str
    resolved: tuple[str, ...] = ()
    probed: tuple[AddressFacts, ...] = ()


def _cause(id: str, meaning: str) -> Cause:
    # Each of these needs an established connection, so packets went there and back.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("tls.chain_incomplete", "the server presents its certificate without the intermediate that issued it"),
    _cause("tls.expires_soon", "the certificate is valid for fewer days than the target demands"),
    _cause("tls.certificate_unreadable", "what the server presents cannot be read as a certificate"),
    _cause("tls.old_version", "the server speaks no TLS version that is new enough"),
    _cause("tls.plain_http", "plain HTTP answers where TLS should"),
    _cause("tls.not_offered", "the server was asked for TLS and offers none"),
    _cause(
        "tls.client_certificate_not_demanded",
        "the server lets in clients without the certificate that it should demand",
    ),
    Cause(id="tls.ca_file_unusable", meaning="the auditor cannot read the file of authorities", proves_path=False),
)

FACTS = TlsFacts
"""What an observation of this family holds; a replay reads it back by this name."""
