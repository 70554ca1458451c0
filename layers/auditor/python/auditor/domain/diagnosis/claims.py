"""Claims: what families' facts say, in one closed vocabulary that names no family and no platform.

Those about one subject that came later stand in modules of their own (``<subject>_claims``); ``Claim`` names them all.

A claim repeats what was seen and concludes nothing. ``proof`` holds the ids of the observations that show it (see
``observation_id``). ``component`` is the catalogue's component that the observed target speaks of.
"""

from dataclasses import dataclass
from datetime import datetime

from auditor.domain.diagnosis.access_claims import AccessClaim
from auditor.domain.diagnosis.cache_claims import CacheClaim
from auditor.domain.diagnosis.clock_claims import ClockRead
from auditor.domain.diagnosis.deployment_claims import DeploymentClaim
from auditor.domain.diagnosis.dns_claims import AnsweredOutside, NameDenied, RecordExists, ResolverInvents, ZoneExists
from auditor.domain.diagnosis.journey_claims import JourneyClaim
from auditor.domain.diagnosis.log_claims import LogSays
from auditor.domain.diagnosis.network_claims import (
    EdgeAdmits,
    EntranceAdmits,
    FailedOver,
    NodeStands,
    ResolverOff,
    StoreIs,
    SubnetFull,
    WentDown,
)
from auditor.domain.diagnosis.proof import Proof
from auditor.domain.diagnosis.queue_claims import DeadLettersGrow, QueueWaits
from auditor.domain.diagnosis.role_claims import RoleClaim
from auditor.domain.diagnosis.routing_claims import RoutingClaim
from auditor.domain.diagnosis.store_claims import StoreClaim
from auditor.domain.diagnosis.store_words import Encryption
from auditor.domain.diagnosis.task_claims import TaskClaim
from auditor.domain.diagnosis.tls_claims import CertificateShown, ClientCertificateDemanded, PortSpeaks
from auditor.domain.diagnosis.words import Emitter, LoginOutcome, NameOutcome, PortOutcome, Role, Saying


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingPointsTo:
    """A setting of the running revision leads its service to a place; ``port`` is None where it says none.

    ``declared_host`` is where the catalogue says that it should lead, empty where the catalogue says nothing.
    ``store``: the kind of store that the setting's name tells of, if any.
    """

    component: str
    setting: str
    host: str
    port: int | None = None
    scheme: str = ""
    declared_host: str = ""
    store: str = ""
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingMissing:
    """A setting that the service needs is absent from the running revision."""

    component: str
    setting: str
    role: Role = Role.OTHER
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingUnusable:
    """A setting of the running revision is present, and no client can use its value; ``problem`` is in our words.

    ``holds_login``: it is the URL of a relational store, with what looks like a user and a password.
    """

    component: str
    setting: str
    problem: str
    holds_login: bool = False
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLeadsNowhere:
    """A setting takes its value from a secret or a parameter that does not exist."""

    component: str
    setting: str
    reference: str
    to_parameter: bool
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectsAs:
    """Settings that belong together name a data store and a login; empty where none says it. There can be several.

    ``login_setting``: the setting that is a URL with a user or a password of its own in it. ``encryption_setting``: the
    one that says, or is the place to say, whether the client encrypts.
    """

    component: str
    host: str = ""
    user: str = ""
    database: str = ""
    user_setting: str = ""
    database_setting: str = ""
    login_setting: str = ""
    encryption: Encryption = Encryption.UNSAID
    encryption_setting: str = ""
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameResolves:
    """A name was asked for; ``addresses`` are empty unless it resolved.

    ``meant_absent``: the catalogue declares that the name does not exist, such as one that settings named by mistake.
    """

    name: str
    outcome: NameOutcome
    addresses: tuple[str, ...] = ()
    meant_absent: bool = False
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceExists:
    """A namespace for names of services exists."""

    namespace: str
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredAs:
    """A service is known to the registry of names under ``name``, with these instances (maybe none)."""

    component: str
    name: str
    addresses: tuple[str, ...]
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsAt:
    """The tasks of a service that run now have these addresses."""

    component: str
    addresses: tuple[str, ...]
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PortAnswers:
    """A connection was tried from the auditor's vantage."""

    host: str
    address: str
    port: int
    outcome: PortOutcome
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAnswered:
    """A login with the current value of ``secret`` was tried. ``of_platform``: it is the platform's own login."""

    component: str
    host: str
    user: str
    database: str
    secret: str
    outcome: LoginOutcome
    of_platform: bool
    secret_names_user: bool | None = None
    """Whether the user in the secret is this user; None where the secret names none."""
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotsUsed:
    """Connection slots of a server: taken, and allowed to ordinary users."""

    component: str
    used: int
    allowed: int
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSays:
    """An answer of a component: ``upstream_host`` is the place behind it that the answer itself names."""

    component: str
    status: int
    emitter: Emitter = Emitter.UNKNOWN
    saying: Saying = Saying.NOTHING
    upstream_host: str = ""
    upstream_port: int | None = None
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReports:
    """A service's own health page speaks of something that it needs.

    ``dependency`` is RELATIONAL_STORE, KEY_VALUE_STORE, or the page's own word where neither is meant.
    """

    component: str
    dependency: str
    healthy: bool
    word: str = ""
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretChanged:
    """The current value of a secret was put there then."""

    component: str
    at: datetime
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretGone:
    """Nobody can read a secret any more: its deletion is scheduled, which can be undone for some days."""

    component: str
    proof: Proof = ()


Claim = (
    SettingPointsTo
    | SettingMissing
    | SettingUnusable
    | ReferenceLeadsNowhere
    | ConnectsAs
    | NameResolves
    | NamespaceExists
    | RegisteredAs
    | RunsAt
    | PortAnswers
    | LoginAnswered
    | SlotsUsed
    | AnswerSays
    | HealthReports
    | TaskClaim
    | SecretChanged
    | SecretGone
    | QueueWaits
    | DeadLettersGrow
    | LogSays
    | AccessClaim
    | CertificateShown
    | PortSpeaks
    | ClientCertificateDemanded
    | CacheClaim
    | NameDenied
    | AnsweredOutside
    | ResolverInvents
    | ZoneExists
    | RecordExists
    | RoutingClaim
    | EdgeAdmits
    | EntranceAdmits
    | SubnetFull
    | ResolverOff
    | StoreIs
    | FailedOver
    | WentDown
    | NodeStands
    | StoreClaim
    | JourneyClaim
    | RoleClaim
    | DeploymentClaim
    | ClockRead
)
"""The closed vocabulary."""
