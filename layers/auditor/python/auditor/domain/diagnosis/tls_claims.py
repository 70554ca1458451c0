"""Claims about encryption: what is spoken at a place, which certificate is shown there, what clients must show.

``host`` is the name that was asked for, in lower case.
"""

from dataclasses import dataclass
from datetime import datetime

from auditor.domain.diagnosis.proof import Proof
from auditor.domain.diagnosis.tls_words import CertificateOutcome, Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateShown:
    """What a client was shown at one address, whatever it had come for.

    ``of_place``: a target watches this place for its certificate's sake, so ``component`` is the certificate's.
    ``own_authority``: it was verified against an authority of the platform's own.
    """

    component: str
    host: str
    port: int
    address: str
    outcome: CertificateOutcome
    of_place: bool = False
    private: bool = True
    own_authority: bool = False
    issuer: str = ""
    ends: datetime | None = None
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSpeaks:
    """What was heard at a place. ``meant``: what the catalogue says should be spoken there."""

    component: str
    host: str
    port: int
    speech: Speech
    meant: Speech
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificateDemanded:
    """Clients without a certificate of their own are turned away. ``declared``: the catalogue says that they are."""

    component: str
    host: str
    port: int
    declared: bool = False
    proof: Proof = ()
